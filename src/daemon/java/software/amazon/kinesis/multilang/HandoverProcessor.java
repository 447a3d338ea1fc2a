package software.amazon.kinesis.multilang;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.concurrent.ExecutorService;
import software.amazon.kinesis.leases.Lease;
import software.amazon.kinesis.lifecycle.events.InitializationInput;
import software.amazon.kinesis.lifecycle.events.LeaseLostInput;
import software.amazon.kinesis.lifecycle.events.ShardEndedInput;
import software.amazon.kinesis.lifecycle.events.ShutdownRequestedInput;
import software.amazon.kinesis.multilang.config.MultiLangDaemonConfiguration;

/**
 * Amazon's record processor, which lets go of its shard's lease once nothing of the shard runs here any more.
 *
 * <p>The KCL calls the methods of one processor one after the other (ShardConsumer.executeTask).
 */
final class HandoverProcessor extends MultiLangShardRecordProcessor {
    private final Handover handover;
    private volatile String shardId;
    /** What runs the shard; null: it was not started. */
    private Process child;
    /** The lease as it was last renewed, from the moment in which the stop was answered; null: there was no stop. */
    private Lease held;

    HandoverProcessor(
            ProcessBuilder command,
            ExecutorService executor,
            ObjectMapper json,
            MultiLangDaemonConfiguration configuration,
            Handover handover) {
        super(command, executor, json, configuration);
        this.handover = handover;
    }

    @Override
    Process startProcess() throws IOException {
        child = super.startProcess();
        return child;
    }

    @Override
    public void initialize(InitializationInput input) {
        shardId = input.shardId();
        handover.unbegun().begins(this);
        super.initialize(input);
    }

    @Override
    public void shardEnded(ShardEndedInput input) {
        super.shardEnded(input);
        if (isGone()) handover.unbegun().hasEnded(this);
    }

    /** Right after this, ShutdownNotificationTask drops the lease: nothing of this worker renews it from then on. */
    @Override
    public void shutdownRequested(ShutdownRequestedInput input) {
        super.shutdownRequested(input);
        held = handover.heldLease(shardId);
    }

    @Override
    public void leaseLost(LeaseLostInput input) {
        super.leaseLost(input);
        if (!isGone()) return;
        handover.unbegun().hasEnded(this);
        if (held != null) handover.release(held);
    }

    /** Null: it was not initialized. */
    String shardId() {
        return shardId;
    }

    /**
     * The child has ended by itself, and with it its session. One that was killed says nothing of the session: in the host of
     * kclts, it may go on for a moment.
     */
    private boolean isGone() {
        return child == null || (!child.isAlive() && child.exitValue() == 0);
    }

    /** The daemon ends because of a failure, and the worker starts it again: its leases wait for it, as with Amazon's main. */
    @Override
    void exit() {
        handover.cancel();
        super.exit();
    }
}
