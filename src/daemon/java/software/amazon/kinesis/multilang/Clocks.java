package software.amazon.kinesis.multilang;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.core.SdkResponse;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ScanResponse;
import software.amazon.kinesis.leases.dynamodb.DynamoDBLeaseSerializer;
import software.amazon.kinesis.worker.metricstats.WorkerMetricStats;

/**
 * Lets the leader judge by its own clock whether a worker lives. WorkerMetricStats.isExpired compares the time that the worker
 * has written with the leader's; with reports every few seconds, clocks that differ by as much would make a worker
 * that lives look dead. Here a worker lives as long as its report changes.
 *
 * <p>The SDK finds this class by the file software/amazon/awssdk/services/dynamodb/execution.interceptors in the jar, and asks it
 * about each response. It does nothing unless {@link #start} was called.
 */
public final class Clocks implements ExecutionInterceptor {
    /**
     * Of a report that is seen for the first time, only its own time says something. A new leader takes over no earlier than this
     * after the death of the last one, which must not look alive: leases that are moved from a dead worker wait for 40 s.
     * A worker that lives is known by its next report.
     */
    private static final long FIRST_SECONDS = 6;
    /** What is older than this is old by any clock: clocks may differ by 30 s. */
    private static final long OLD_SECONDS = 100;
    /** How long a worker lives without a new report: nearly two periods of its own, and no longer than with Amazon's defaults. */
    private static final long LEAST_MILLIS = 9_000;
    private static final long MOST_MILLIS = 60_000;
    /** Above three looks of the leader, for a scan that is late. */
    private static final long LATE_MILLIS = 4_000;

    private static final Map<String, Report> reports = new ConcurrentHashMap<>();
    /** What was seen longer ago than this says nothing of the time between two reports, since some may have been missed. */
    private static volatile long memoryMillis;

    private static volatile boolean isOn;

    /** The leader looks at the reports this often. Another worker looks once, at its start, and again when it leads. */
    static void start(long lookMillis) {
        memoryMillis = 3 * lookMillis + LATE_MILLIS;
        isOn = true;
    }

    static void stop() {
        isOn = false;
    }

    @Override
    public SdkResponse modifyResponse(Context.ModifyResponse context, ExecutionAttributes attributes) {
        SdkResponse response = context.response();
        if (!isOn || !(response instanceof ScanResponse)) return response;
        ScanResponse scan = (ScanResponse) response;
        if (scan.items().stream().noneMatch(Clocks::isReport)) return response;
        try {
            List<Map<String, AttributeValue>> items = new ArrayList<>();
            for (Map<String, AttributeValue> item : scan.items()) items.add(isReport(item) ? byOurClock(item) : item);
            return scan.toBuilder().items(items).build();
        } catch (NumberFormatException e) {
            // The KCL says what is wrong with it.
            return response;
        }
    }

    private static boolean isReport(Map<String, AttributeValue> item) {
        AttributeValue time = item.get(WorkerMetricStats.KEY_LAST_UPDATE_TIME);
        return time != null && time.n() != null && workerOf(item) != null;
    }

    private static String workerOf(Map<String, AttributeValue> item) {
        AttributeValue own = item.get(WorkerMetricStats.KEY_WORKER_ID);
        AttributeValue inLeaseTable = item.get(DynamoDBLeaseSerializer.LEASE_KEY_KEY);
        return own != null ? own.s() : inLeaseTable != null ? inLeaseTable.s() : null;
    }

    private static Map<String, AttributeValue> byOurClock(Map<String, AttributeValue> item) {
        long written = Long.parseLong(item.get(WorkerMetricStats.KEY_LAST_UPDATE_TIME).n());
        long tick = TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
        long now = System.currentTimeMillis() / 1000;
        Report report = reports.compute(
                workerOf(item),
                (worker, last) -> last == null || tick - last.looked > memoryMillis
                        ? Report.first(written, now, tick, last)
                        : last.next(written, now, tick));
        boolean isAlive = tick - report.changed <= report.life;
        // What is old by any clock stays as it is: KCL removes the row if this time is still in it.
        if (!isAlive && written < now - OLD_SECONDS) return item;
        long seconds = isAlive ? now : now - OLD_SECONDS;
        Map<String, AttributeValue> ours = new HashMap<>(item);
        ours.put(WorkerMetricStats.KEY_LAST_UPDATE_TIME, AttributeValue.fromN(Long.toString(seconds)));
        return ours;
    }

    /** What was seen of a worker; ticks in milliseconds of this JVM. */
    private static final class Report {
        final long written;
        final long changed;
        final long life;
        final long looked;
        /** How old the report was, in seconds, when it was seen first: its clock may differ by so much. */
        final long lag;

        private Report(long written, long changed, long life, long looked, long lag) {
            this.written = written;
            this.changed = changed;
            this.life = life;
            this.looked = looked;
            this.lag = lag;
        }

        /** `last` was seen too long ago, or is null. It still tells how far the clocks differ. */
        static Report first(long written, long now, long tick, Report last) {
            long lag = now - written;
            boolean isRecent = Math.abs(lag) <= FIRST_SECONDS
                    || last != null && Math.abs(lag - last.lag) <= FIRST_SECONDS;
            return new Report(written, isRecent ? tick : tick - MOST_MILLIS, LEAST_MILLIS, tick, lag);
        }

        Report next(long written, long now, long tick) {
            if (written == this.written) return new Report(written, changed, life, tick, lag);
            long life = Math.max(LEAST_MILLIS, Math.min(MOST_MILLIS, 2 * (tick - changed)));
            return new Report(written, tick, life, tick, now - written);
        }
    }
}
