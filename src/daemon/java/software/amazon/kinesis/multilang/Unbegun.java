package software.amazon.kinesis.multilang;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import software.amazon.kinesis.coordinator.Scheduler;
import software.amazon.kinesis.leases.Lease;
import software.amazon.kinesis.leases.LeaseCoordinator;
import software.amazon.kinesis.leases.LeaseRefresher;

/**
 * The leases that a stop finds assigned to this worker, and whose shards it has not begun to read. The leader assigns a lease
 * by a write to the table; a few seconds pass until LeaseDiscoverer has found it, and the Scheduler has made its consumer
 * wait for the parent shards and initialized it. No leaseLost releases such a lease.
 */
final class Unbegun {
    private final long start = System.nanoTime();
    private final Set<HandoverProcessor> begun = ConcurrentHashMap.newKeySet();

    /** Before the process of the shard is started. */
    void begins(HandoverProcessor processor) {
        begun.add(processor);
    }

    /** Once the process of the shard, and with it the session, has ended by itself. */
    void hasEnded(HandoverProcessor processor) {
        begun.remove(processor);
    }

    boolean isBegun(String leaseKey) {
        return begun.stream().anyMatch(processor -> leaseKey.equals(processor.shardId()));
    }

    /**
     * Drops those that this worker renews, so that it neither renews nor begins any of them, and their counters stay as they are
     * unless another worker of the same name has the lease.
     *
     * <p>None in a JVM that is younger than a lease: a session of the JVM before it may be at its last record of such a shard.
     */
    List<Lease> take(Scheduler scheduler, Predicate<Lease> isOurs) throws Exception {
        List<Lease> found = new ArrayList<>();
        if (!isOlderThanALease(scheduler)) return found;
        LeaseCoordinator coordinator = scheduler.leaseCoordinator();
        LeaseRefresher table = scheduler.leaseRefresher();
        Set<String> keys = new HashSet<>(table.listLeaseKeysForWorker(coordinator.workerIdentifier()));
        for (Lease held : coordinator.getAssignments()) keys.add(held.leaseKey());
        for (String key : keys) {
            if (isBegun(key)) continue;
            Lease held = coordinator.getCurrentlyHeldLease(key);
            Lease lease = held != null ? held : table.getLease(key);
            if (lease == null || !isOurs.test(lease)) continue;
            if (held != null) coordinator.dropLease(held);
            found.add(lease);
        }
        return found;
    }

    private boolean isOlderThanALease(Scheduler scheduler) {
        long age = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
        return age > scheduler.leaseManagementConfig().failoverTimeMillis();
    }
}
