package software.amazon.kinesis.multilang.config;

import java.util.function.BiConsumer;
import software.amazon.kinesis.coordinator.CoordinatorConfig;
import software.amazon.kinesis.coordinator.Scheduler;
import software.amazon.kinesis.leases.LeaseManagementConfig;
import software.amazon.kinesis.processor.ShardRecordProcessorFactory;

/** Opens what MultiLangDaemonConfiguration resolves, which only its own package can see. */
public final class KcltsConfiguration {
    private KcltsConfiguration() {}

    /** As MultiLangDaemonConfiguration.build, with a look at the configuration before the Scheduler takes it. */
    public static Scheduler scheduler(
            MultiLangDaemonConfiguration configuration,
            ShardRecordProcessorFactory processors,
            BiConsumer<CoordinatorConfig, LeaseManagementConfig> adjust) {
        MultiLangDaemonConfiguration.ResolvedConfiguration resolved = configuration.resolvedConfiguration(processors);
        adjust.accept(resolved.coordinatorConfig, resolved.leaseManagementConfig);
        return resolved.build();
    }
}
