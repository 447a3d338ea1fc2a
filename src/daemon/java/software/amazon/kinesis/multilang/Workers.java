package software.amazon.kinesis.multilang;

import java.time.Duration;
import software.amazon.kinesis.leases.LeaseManagementConfig;
import software.amazon.kinesis.worker.metricstats.WorkerMetricStats;
import software.amazon.kinesis.worker.metricstats.delegate.LeaseTableWorkerMetricStatsDAODelegate;
import software.amazon.kinesis.worker.metricstats.delegate.LegacyTableWorkerMetricStatsDAODelegate;
import software.amazon.kinesis.worker.metricstats.delegate.WorkerMetricStatsDAODelegate;

/**
 * The workers of the application, by the rows in which each reports its figures (WorkerMetricStats). They are in a table of
 * their own, or in the lease table; while an application moves from one to the other, in both.
 */
final class Workers {
    /** A worker with Amazon's defaults reports every 30 s, and counts as alive for twice as long. */
    private static final Duration LIFE = Duration.ofSeconds(60);

    private final String thisWorker;
    private final WorkerMetricStatsDAODelegate<?> ownTable;
    private final WorkerMetricStatsDAODelegate<?> leaseTable;

    Workers(LeaseManagementConfig config) {
        LeaseManagementConfig.WorkerUtilizationAwareAssignmentConfig assignment =
                config.workerUtilizationAwareAssignmentConfig();
        long period = assignment.workerMetricsReporterFreqInMillis();
        thisWorker = config.workerIdentifier();
        ownTable = new LegacyTableWorkerMetricStatsDAODelegate(
                config.dynamoDBClient(), assignment.workerMetricsTableConfig(), period);
        leaseTable = new LeaseTableWorkerMetricStatsDAODelegate(config.dynamoDBClient(), config.tableName(), period);
    }

    /**
     * Removes the row of this worker, so that the leader assigns it no lease. A row that the worker has written since stays:
     * the condition of deleteMetrics is the time of the report.
     *
     * @return whether another worker is alive
     */
    boolean leave() throws Exception {
        ownTable.initialize();
        boolean isOtherInOwn = leave(ownTable);
        boolean isOtherInLease = leave(leaseTable);
        return isOtherInOwn || isOtherInLease;
    }

    private boolean leave(WorkerMetricStatsDAODelegate<?> table) throws Exception {
        boolean isOther = false;
        for (WorkerMetricStats report : table.getAllWorkerMetricStats())
            if (thisWorker.equals(report.getWorkerId())) table.deleteMetrics(report);
            else isOther |= !report.isExpired(LIFE);
        return isOther;
    }
}
