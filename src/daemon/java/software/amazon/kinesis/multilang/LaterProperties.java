package software.amazon.kinesis.multilang;

import java.util.Properties;
import java.util.function.Consumer;
import software.amazon.kinesis.coordinator.CoordinatorConfig;
import software.amazon.kinesis.leases.LeaseManagementConfig;

/**
 * The properties that MultiLangDaemonConfiguration has since 3.5.0. The multilang jar of 3.1.3 ignores them silently, even
 * above a core that has what they set.
 */
final class LaterProperties {
    private LaterProperties() {}

    static void apply(Properties own, CoordinatorConfig coordinator, LeaseManagementConfig leases) {
        set(own, "migrateAllEntitiesToLeaseTable", value ->
                coordinator.migrateAllEntitiesToLeaseTable(Boolean.parseBoolean(value)));
        set(own, "tableMigrationCompleteBakeTimeSeconds", value ->
                coordinator.tableMigrationCompleteBakeTimeSeconds(Long.parseLong(value)));
        set(own, "leaseTableScanTotalSegments", value ->
                leases.leaseTableScanTotalSegments(Integer.parseInt(value)));
    }

    private static void set(Properties own, String name, Consumer<String> setter) {
        String value = own.getProperty(name);
        if (value != null) setter.accept(value.trim());
    }
}
