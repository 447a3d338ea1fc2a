package software.amazon.kinesis.multilang.config;

import java.util.Collections;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.kinesis.coordinator.CoordinatorConfig;
import software.amazon.kinesis.coordinator.Scheduler;
import software.amazon.kinesis.leases.LeaseManagementConfig;
import software.amazon.kinesis.processor.ShardRecordProcessorFactory;

/** Opens what MultiLangDaemonConfiguration resolves, which only its own package can see. */
public final class KcltsConfiguration {
    private KcltsConfiguration() {}

    /**
     * As MultiLangDaemonConfiguration.build, with a look at the configuration before the Scheduler takes it, and with a client
     * of DynamoDB that is made of the configured one.
     */
    public static Scheduler scheduler(
            MultiLangDaemonConfiguration configuration,
            ShardRecordProcessorFactory processors,
            UnaryOperator<DynamoDbAsyncClient> client,
            BiConsumer<CoordinatorConfig, LeaseManagementConfig> adjust) {
        MultiLangDaemonConfiguration.ResolvedConfiguration resolved = configuration.resolvedConfiguration(processors);
        LeaseManagementConfig leases = with(client, configuration, resolved.leaseManagementConfig);
        adjust.accept(resolved.coordinatorConfig, leases);
        return new Scheduler(
                resolved.checkpointConfig,
                resolved.coordinatorConfig,
                leases,
                resolved.lifecycleConfig,
                resolved.metricsConfig,
                resolved.processorConfig,
                resolved.retrievalConfig);
    }

    /** The client is final there, so the steps of MultiLangDaemonConfiguration.resolvedConfiguration are taken again. */
    private static LeaseManagementConfig with(
            UnaryOperator<DynamoDbAsyncClient> client,
            MultiLangDaemonConfiguration configuration,
            LeaseManagementConfig amazons) {
        LeaseManagementConfig leases = new LeaseManagementConfig(
                        amazons.tableName(),
                        configuration.getApplicationName(),
                        client.apply(amazons.dynamoDBClient()),
                        amazons.kinesisClient(),
                        amazons.workerIdentifier())
                .gracefulLeaseHandoffConfig(amazons.gracefulLeaseHandoffConfig())
                .workerUtilizationAwareAssignmentConfig(amazons.workerUtilizationAwareAssignmentConfig());
        ConfigurationSettableUtils.resolveFields(
                configuration, Collections.singletonMap(LeaseManagementConfig.class, leases), null, null);
        return leases;
    }
}
