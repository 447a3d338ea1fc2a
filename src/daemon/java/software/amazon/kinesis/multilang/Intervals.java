package software.amazon.kinesis.multilang;

import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;
import software.amazon.awssdk.services.dynamodb.model.TableDescription;
import software.amazon.kinesis.leases.LeaseManagementConfig;

/**
 * How often the workers look at the lease table, by <code>-Dkclts.handover=fast|amazon</code>. With <code>fast</code>, a lease
 * without an owner has one within seconds; a property of the user's own stays as it is.
 */
final class Intervals {
    /** The leader assigns leases this often, and the others look for new ones twice as often (LeaseAssignmentManager). */
    private static final long ASSIGNMENT_MILLIS = 2_000;
    /** A worker is no candidate for leases once its last report is older than twice this (MigrationAwareLAMDataManager). */
    private static final long REPORT_MILLIS = 5_000;
    /** Another worker may lead once the leader has not renewed its lock for this long (DynamoDBLockBasedLeaderDecider). */
    private static final long LEADER_LEASE_MILLIS = 8_000;
    private static final long LEADER_HEARTBEAT_MILLIS = 2_000;
    /** Leases are balanced as often as by Amazon's defaults, which is at every third assignment of one each 20 s. */
    private static final long BALANCING_MILLIS = 60_000;

    private static final long DESCRIBE_MILLIS = 10_000;

    private static final Logger log = LoggerFactory.getLogger(Intervals.class);

    private final Properties own;

    Intervals(Properties own) {
        this.own = own;
    }

    void apply(LeaseManagementConfig leases) {
        if (!"fast".equals(System.getProperty("kclts.handover")) || isProvisioned(leases)) return;
        LeaseManagementConfig.WorkerUtilizationAwareAssignmentConfig assignment =
                leases.workerUtilizationAwareAssignmentConfig();
        if (!own.containsKey("leaseAssignmentIntervalMillis"))
            leases.leaseAssignmentIntervalMillis(Math.min(ASSIGNMENT_MILLIS, leases.leaseAssignmentIntervalMillis()));
        if (!own.containsKey("workerMetricsReporterFreqInMillis"))
            assignment.workerMetricsReporterFreqInMillis(REPORT_MILLIS);
        if (!own.containsKey("varianceBalancingFrequency"))
            assignment.varianceBalancingFrequency(
                    (int) Math.max(1, BALANCING_MILLIS / leases.leaseAssignmentIntervalMillis()));
        leases.dynamoDbLockBasedLeaderLeaseDurationInMillis(LEADER_LEASE_MILLIS);
        leases.dynamoDbLockBasedLeaderHeartbeatPeriodInMillis(LEADER_HEARTBEAT_MILLIS);
        Clocks.start(leases.leaseAssignmentIntervalMillis());
    }

    /** The looks of the leader, which reads the whole table, would use up the capacity of such a table. */
    private static boolean isProvisioned(LeaseManagementConfig leases) {
        try {
            TableDescription table = leases.dynamoDBClient()
                    .describeTable(request -> request.tableName(leases.tableName()))
                    .get(DESCRIBE_MILLIS, TimeUnit.MILLISECONDS)
                    .table();
            boolean isOnDemand = table.billingModeSummary() != null
                    && table.billingModeSummary().billingMode() == BillingMode.PAY_PER_REQUEST;
            if (!isOnDemand)
                log.warn(
                        "The lease table {} has provisioned capacity, so leases change hands at the intervals of the KCL"
                                + " (daemon.handover: amazon)",
                        leases.tableName());
            return !isOnDemand;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof ResourceNotFoundException)
                return leases.billingMode() == BillingMode.PROVISIONED;
            return unknown(leases, e.getCause());
        } catch (Exception e) {
            return unknown(leases, e);
        }
    }

    private static boolean unknown(LeaseManagementConfig leases, Throwable why) {
        log.warn(
                "The capacity of the lease table {} is not known, so leases change hands at the intervals of the KCL"
                        + " until the next start: {}",
                leases.tableName(),
                why.toString());
        return true;
    }
}
