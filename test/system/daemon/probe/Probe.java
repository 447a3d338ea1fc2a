package software.amazon.kinesis.multilang.config;

import java.io.FileInputStream;
import java.io.InputStream;
import java.util.Properties;
import software.amazon.kinesis.retrieval.RetrievalSpecificConfig;
import software.amazon.kinesis.retrieval.fanout.FanOutConfig;
import software.amazon.kinesis.retrieval.polling.PollingConfig;

/** Says how the daemon reads a .properties file. In its own package, where what it resolves can be seen. */
public class Probe {
    public static void main(String[] args) throws Exception {
        Properties properties = new Properties();
        try (InputStream in = new FileInputStream(args[0])) {
            properties.load(in);
        }
        MultiLangDaemonConfiguration read = new KinesisClientLibConfigurator().getConfiguration(properties);
        MultiLangDaemonConfiguration.ResolvedConfiguration resolved = read.resolvedConfiguration(() -> null);
        say("application", resolved.getLeaseManagementConfig().tableName());
        say("worker", resolved.getLeaseManagementConfig().workerIdentifier());
        say("stream", read.getStreamName());
        say("position", read.getInitialPositionInStreamExtended().getInitialPositionInStream());
        say("from", read.getInitialPositionInStreamExtended().getTimestamp() == null
            ? null : read.getInitialPositionInStreamExtended().getTimestamp().getTime());
        say("retrieval", retrieval(resolved.getRetrievalConfig().retrievalSpecificConfig()));
        say("metrics", resolved.getMetricsConfig().metricsLevel());
        say("failover", resolved.getLeaseManagementConfig().failoverTimeMillis());
        say("leases", resolved.getLeaseManagementConfig().maxLeasesForWorker());
        say("sync", resolved.getLeaseManagementConfig().shardSyncIntervalMillis());
        say("grace", read.getShutdownGraceMillis());
        say("empty batches", resolved.getProcessorConfig().callProcessRecordsEvenForEmptyRecordList());
        say("retries", resolved.getLeaseManagementConfig().dynamoDBClient().serviceClientConfiguration()
            .overrideConfiguration().retryPolicy().get().numRetries());
        System.exit(0);
    }

    private static String retrieval(RetrievalSpecificConfig config) {
        if (config instanceof FanOutConfig) return "fan-out by " + ((FanOutConfig) config).consumerName();
        PollingConfig polling = (PollingConfig) config;
        return "polling, " + polling.maxRecords() + " each " + polling.idleTimeBetweenReadsInMillis() + " ms";
    }

    private static void say(String what, Object value) {
        System.out.println("> " + what + ": " + value);
    }
}
