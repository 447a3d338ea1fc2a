package software.amazon.kinesis.multilang.config;

import java.util.function.Consumer;
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
            Consumer<LeaseManagementConfig> adjust) {
        MultiLangDaemonConfiguration.ResolvedConfiguration resolved = configuration.resolvedConfiguration(processors);
        adjust.accept(resolved.leaseManagementConfig);
        return resolved.build();
    }
}
