package software.amazon.kinesis.multilang;

import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.ExpectedAttributeValue;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemRequest;
import software.amazon.kinesis.coordinator.Scheduler;
import software.amazon.kinesis.leases.Lease;
import software.amazon.kinesis.leases.LeaseManagementConfig;
import software.amazon.kinesis.leases.dynamodb.DynamoDBLeaseSerializer;
import software.amazon.kinesis.lifecycle.LeaseGracefulShutdownHandler;
import software.amazon.kinesis.retrieval.kpl.ExtendedSequenceNumber;

/**
 * What a graceful stop does for the other workers: it gives up the leadership, and the lease of each shard that has ended here.
 * Scheduler.shutdown only stops renewing leases, so that they have to expire.
 *
 * <p>Whatever is not certain is left to expire. DynamoDB holds the stop up for {@link #LIMIT_MILLIS} at most.
 */
final class Handover {
    static final long LIMIT_MILLIS = 2000;

    private static final Logger log = LoggerFactory.getLogger(Handover.class);

    private final DynamoDBLeaseSerializer serializer = new DynamoDBLeaseSerializer();
    /** Whether another worker lives; completed once this one is no candidate for leases any more. */
    private final CompletableFuture<Boolean> othersLive = new CompletableFuture<>();

    private final Unbegun unbegun = new Unbegun();
    /** Complete once the beginning of a stop has looked for them. */
    private final CompletableFuture<List<Lease>> unbegunLeases = new CompletableFuture<>();

    private volatile BoundedDynamo dynamo;
    private volatile Workers workers;
    private volatile Scheduler scheduler;
    private volatile boolean stopping;
    private volatile boolean cancelled;

    DynamoDbAsyncClient bounded(DynamoDbAsyncClient client) {
        dynamo = new BoundedDynamo(client);
        return dynamo.client();
    }

    /** Before the Scheduler is made, so that jars which lack one of these classes are noticed by then. */
    void prepare(LeaseManagementConfig leases) {
        workers = new Workers(leases);
        leases.consumerTaskFactory(new EndingTasks(leases.consumerTaskFactory(), () -> scheduler));
    }

    Scheduler of(Scheduler scheduler) {
        this.scheduler = scheduler;
        return scheduler;
    }

    /** The worker is to stop, and its shards have not heard of it yet. */
    void begin() {
        stopping = true;
        dynamo.begin();
        // A row is removed by the time that is written in it.
        Clocks.stop();
        Thread thread = new Thread(this::leave, "kclts-handover");
        thread.setDaemon(true);
        thread.start();
    }

    Unbegun unbegun() {
        return unbegun;
    }

    /** The Scheduler has ended, so no shard is begun any more. */
    void end() {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LIMIT_MILLIS);
        for (Lease lease : unbegunLeases.getNow(Collections.emptyList()))
            if (isOurs(lease) && !unbegun.isBegun(lease.leaseKey())) evict(lease, end);
    }

    /** Nothing is handed over from here on. */
    void cancel() {
        cancelled = true;
    }

    /**
     * This worker gets no further lease, and another one may lead.
     *
     * <p>The leader's LeaseAssignmentManager ends when a graceful stop begins, while Scheduler.shutdown, which releases the
     * leadership, waits for every shard to answer.
     */
    private void leave() {
        try {
            othersLive.complete(workers.leave());
        } catch (Throwable e) {
            log.warn("The other workers are not known, so the leases of this one are left to expire: {}", e.toString());
        } finally {
            othersLive.complete(false);
        }
        try {
            if (scheduler.leaderDecider() != null) scheduler.leaderDecider().shutdown();
        } catch (Throwable e) {
            log.info("The leadership is left to expire: {}", e.toString());
        }
        try {
            if (othersLive.join() && !scheduler.isMultiStreamMode())
                unbegunLeases.complete(unbegun.take(scheduler, this::isOurs));
        } catch (Throwable e) {
            log.info("The leases on their way to this worker are left to expire: {}", e.toString());
        }
    }

    /** The lease of a shard as it was last renewed; null: this worker does not hold it, or it does not stop. */
    Lease heldLease(String shardId) {
        if (!stopping || shardId == null || scheduler.isMultiStreamMode()) return null;
        return scheduler.leaseCoordinator().getCurrentlyHeldLease(shardId);
    }

    /** Removes the owner of a lease whose shard has ended here. */
    void release(Lease held) {
        if (!isOurs(held)) return;
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LIMIT_MILLIS);
        try {
            boolean isWorthIt = othersLive.get(LIMIT_MILLIS, TimeUnit.MILLISECONDS);
            // A KCL that has ended its threads may have interrupted the end of the child.
            if (!isWorthIt || cancelled || scheduler.executorService().isShutdown()) return;
        } catch (Throwable e) {
            log.info("Lease {} is not released: {}", held.leaseKey(), e.toString());
            return;
        }
        evict(held, end);
    }

    private void evict(Lease held, long end) {
        try {
            DynamoDbAsyncClient client = scheduler.leaseManagementConfig().dynamoDBClient();
            within(end, client.updateItem(eviction(held)));
            log.info("Lease {} is released to the other workers", held.leaseKey());
        } catch (ExecutionException e) {
            if (e.getCause() instanceof ConditionalCheckFailedException) transfer(held.leaseKey(), end);
            else log.info("Lease {} is not released: {}", held.leaseKey(), e.toString());
        } catch (Throwable e) {
            log.info("Lease {} is not released: {}", held.leaseKey(), e.toString());
        }
    }

    /**
     * The lease has changed. If the leader has begun to move it to another worker, ShutdownNotificationTask would have completed
     * the move, had the KCL known of it by then: it hears of it when it renews the lease, every few seconds. Without
     * this, the leader waits for gracefulLeaseHandoffTimeoutMillis, 30 s.
     */
    private void transfer(String leaseKey, long end) {
        try {
            within(end, CompletableFuture.runAsync(() -> {
                try {
                    Lease lease = scheduler.leaseRefresher().getLease(leaseKey);
                    if (lease != null && thisWorker().equals(lease.checkpointOwner()))
                        LeaseGracefulShutdownHandler.attemptLeaseTransfer(lease, scheduler.leaseCoordinator());
                } catch (Exception e) {
                    throw new CompletionException(e);
                }
            }));
            log.info("Lease {} has changed, and is not released", leaseKey);
        } catch (Throwable e) {
            log.info("Lease {} has changed, and is not released: {}", leaseKey, e.toString());
        }
    }

    private static void within(long end, Future<?> done) throws Exception {
        done.get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
    }

    private String thisWorker() {
        return scheduler.leaseManagementConfig().workerIdentifier();
    }

    /** A lease with a checkpoint owner is being handed over by the KCL; one at SHARD_END is to be deleted. */
    private boolean isOurs(Lease held) {
        return !cancelled
                && thisWorker().equals(held.leaseOwner())
                && held.checkpointOwner() == null
                && !ExtendedSequenceNumber.SHARD_END.equals(held.checkpoint());
    }

    /**
     * The update of DynamoDBLeaseRefresher.evictLease, which looks at both owners, with the counter as a further condition:
     * a worker of the same name that was started elsewhere has renewed the lease since.
     */
    private UpdateItemRequest eviction(Lease held) {
        LeaseManagementConfig config = scheduler.leaseManagementConfig();
        Map<String, ExpectedAttributeValue> expected = new HashMap<>();
        expected.putAll(serializer.getDynamoExistentExpectation(held.leaseKey()));
        expected.putAll(serializer.getDynamoLeaseOwnerExpectation(held));
        expected.putAll(serializer.getDynamoLeaseCounterExpectation(held));
        return UpdateItemRequest.builder()
                .tableName(config.tableName())
                .key(serializer.getDynamoHashKey(held))
                .expected(expected)
                .attributeUpdates(serializer.getDynamoEvictLeaseUpdate(held))
                .build();
    }
}
