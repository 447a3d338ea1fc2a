package software.amazon.kinesis.multilang;

import java.util.function.Supplier;
import software.amazon.kinesis.coordinator.Scheduler;
import software.amazon.kinesis.leases.ShardInfo;
import software.amazon.kinesis.lifecycle.ConsumerTask;
import software.amazon.kinesis.lifecycle.ConsumerTaskFactory;
import software.amazon.kinesis.lifecycle.ShardConsumer;
import software.amazon.kinesis.lifecycle.ShardConsumerArgument;
import software.amazon.kinesis.lifecycle.TaskResult;
import software.amazon.kinesis.lifecycle.TaskType;
import software.amazon.kinesis.lifecycle.events.ProcessRecordsInput;

/**
 * Amazon's tasks, but a shard that waits for its parents ends when it is asked to. BlockOnParentShardTask fails until the parents
 * have ended, and ShardConsumer.handleShutdownTransition passes over a task that has failed, so that a graceful stop would wait
 * for the parents, too.
 */
final class EndingTasks implements ConsumerTaskFactory {
    private static final ConsumerTask NO_WAIT = new ConsumerTask() {
        @Override
        public TaskResult call() {
            return new TaskResult(null);
        }

        @Override
        public TaskType taskType() {
            return TaskType.BLOCK_ON_PARENT_SHARDS;
        }
    };

    private final ConsumerTaskFactory amazons;
    private final Supplier<Scheduler> scheduler;

    EndingTasks(ConsumerTaskFactory amazons, Supplier<Scheduler> scheduler) {
        this.amazons = amazons;
        this.scheduler = scheduler;
    }

    /** A consumer that has been asked to end goes on to its end after this, and never to the start of its shard. */
    @Override
    public ConsumerTask createBlockOnParentTask(ShardConsumerArgument argument) {
        return isAskedToEnd(argument.shardInfo()) ? NO_WAIT : amazons.createBlockOnParentTask(argument);
    }

    private boolean isAskedToEnd(ShardInfo shard) {
        // A shard that was lost and assigned again has another ShardInfo.
        ShardConsumer consumer = scheduler.get().shardInfoShardConsumerMap().get(shard);
        return consumer != null && consumer.isShutdownRequested();
    }

    @Override
    public ConsumerTask createInitializeTask(ShardConsumerArgument argument) {
        return amazons.createInitializeTask(argument);
    }

    @Override
    public ConsumerTask createProcessTask(ShardConsumerArgument argument, ProcessRecordsInput input) {
        return amazons.createProcessTask(argument, input);
    }

    @Override
    public ConsumerTask createShutdownNotificationTask(ShardConsumerArgument argument, ShardConsumer consumer) {
        return amazons.createShutdownNotificationTask(argument, consumer);
    }

    @Override
    public ConsumerTask createShutdownTask(
            ShardConsumerArgument argument, ShardConsumer consumer, ProcessRecordsInput input) {
        return amazons.createShutdownTask(argument, consumer, input);
    }
}
