package software.amazon.kinesis.multilang;

import com.fasterxml.jackson.databind.ObjectMapper;
import software.amazon.kinesis.processor.ShardRecordProcessor;
import software.amazon.kinesis.processor.ShardRecordProcessorFactory;

/** As MultiLangRecordProcessorFactory, for {@link HandoverProcessor}. */
final class HandoverProcessorFactory implements ShardRecordProcessorFactory {
    private final MultiLangDaemonConfig config;
    private final Handover handover;
    private final ObjectMapper json = new ObjectMapper();

    HandoverProcessorFactory(MultiLangDaemonConfig config, Handover handover) {
        this.config = config;
        this.handover = handover;
    }

    @Override
    public ShardRecordProcessor shardRecordProcessor() {
        String[] command = config.getRecordProcessorFactory().getCommandArray();
        return new HandoverProcessor(
                new ProcessBuilder(command),
                config.getExecutorService(),
                json,
                config.getMultiLangDaemonConfiguration(),
                handover);
    }
}
