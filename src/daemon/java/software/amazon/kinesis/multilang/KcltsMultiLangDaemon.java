package software.amazon.kinesis.multilang;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.kinesis.coordinator.Scheduler;
import software.amazon.kinesis.multilang.config.KcltsConfiguration;

/**
 * Amazon's MultiLangDaemon, whose leases change hands within seconds. It takes Amazon's arguments, configuration, Scheduler
 * and record processors as they are; docs/handover.md lists what it adds.
 *
 * <p>It is in Amazon's package since the parts of MultiLangDaemon.main are not public.
 */
public final class KcltsMultiLangDaemon extends MultiLangDaemon {
    private static final Logger log = LoggerFactory.getLogger(KcltsMultiLangDaemon.class);

    private final Handover handover = new Handover();
    private final Properties own;

    private KcltsMultiLangDaemon(Properties own) {
        this.own = own;
    }

    @Override
    Scheduler buildScheduler(MultiLangDaemonConfig config) {
        HandoverProcessorFactory processors = new HandoverProcessorFactory(config, handover);
        return handover.of(
                KcltsConfiguration.scheduler(
                        config.getMultiLangDaemonConfiguration(), processors, handover::bounded, (coordinator, leases) -> {
                            LaterProperties.apply(own, coordinator, leases);
                            new Intervals(own).apply(leases);
                            handover.prepare(leases);
                        }));
    }

    private static Properties read(String file) throws IOException {
        Properties properties = new Properties();
        try (InputStream stream = new FileInputStream(file)) {
            properties.load(stream);
        }
        return properties;
    }

    /** Amazon's, which begins with the hand-over. */
    @Override
    void setupShutdownHook(Runtime runtime, MultiLangRunner runner, MultiLangDaemonConfig config) {
        long grace = config.getMultiLangDaemonConfiguration().getShutdownGraceMillis();
        runtime.addShutdownHook(new Thread(() -> {
            log.info("Process terminated, will initiate shutdown.");
            handover.begin();
            try {
                Future<Boolean> stopped = runner.scheduler().startGracefulShutdown();
                if (stopped.get(grace, TimeUnit.MILLISECONDS)) handover.end();
                log.info("Process shutdown is complete.");
            } catch (InterruptedException | ExecutionException | TimeoutException e) {
                log.error("Encountered an error during shutdown.", e);
            }
        }));
    }

    /**
     * The steps of MultiLangDaemon.main. Where these jars lack what this class needs, nothing has been started yet, and
     * Amazon's own main goes on in its place.
     */
    public static void main(String[] args) {
        int exitCode = 1;
        MultiLangDaemonArguments arguments = new MultiLangDaemonArguments();
        MultiLangDaemon amazons = new MultiLangDaemon();
        try {
            amazons.buildJCommanderAndParseArgs(arguments, args);
            String file = amazons.validateAndGetPropertiesFileName(arguments);
            amazons.configureLogging(arguments.logConfiguration);
            KcltsMultiLangDaemon daemon = new KcltsMultiLangDaemon(read(file));
            MultiLangDaemonConfig config = daemon.buildMultiLangDaemonConfig(file);
            MultiLangRunner runner = new MultiLangRunner(daemon.buildScheduler(config));
            daemon.setupShutdownHook(Runtime.getRuntime(), runner, config);
            exitCode = daemon.submitRunnerAndWait(config, runner);
        } catch (LinkageError e) {
            // As the shipped logback.xml would write it, which is not in force yet where an old jar lacks the way to set it.
            System.out.println("WARN\t" + KcltsMultiLangDaemon.class.getName()
                    + "\tThese jars lack what the main class of kclts needs, so Amazon's main class is used: "
                    + e.getMessage());
            MultiLangDaemon.main(args);
            return;
        } catch (Throwable e) {
            e.printStackTrace(System.err);
        }
        amazons.exit(exitCode);
    }
}
