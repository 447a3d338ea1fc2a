package software.amazon.kinesis.multilang;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;
import software.amazon.awssdk.services.dynamodb.model.ScanRequest;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemRequest;
import software.amazon.awssdk.services.dynamodb.paginators.QueryPublisher;
import software.amazon.awssdk.services.dynamodb.paginators.ScanPublisher;

/**
 * The KCL's client of DynamoDB, whose requests fail soon during a stop if they are not answered. Otherwise each of these would
 * hold up the stop, for a minute or longer:
 *
 * <ul>
 *   <li>the Scan of LeaseAssignmentManager, for whose thread DynamicMigrationComponentsInitializer.shutdown waits;
 *   <li>a lease that is renewed (DynamoDBLeaseRenewer), whose monitor the loop of the Scheduler needs;
 *   <li>a look for new leases (LeaseDiscoveryRunnable), within the lock that DynamoDBLeaseCoordinator.dropLease takes;
 *   <li>the leader's heartbeat (AmazonDynamoDBLockClient), within the monitor that LeaderDecider.shutdown takes.
 * </ul>
 *
 * <p>A write that failed here may still have reached DynamoDB. The KCL expects that of each write, and so does {@link Handover}.
 */
final class BoundedDynamo implements InvocationHandler {
    /** For each request of a stop, and for those that the stop finds unanswered. */
    static final long LIMIT_MILLIS = 1_500;
    /** For each further request, once one has reached the limit. */
    private static final long FURTHER_MILLIS = 100;

    private static final String CHECKPOINT = "checkpoint";

    private final DynamoDbAsyncClient bounded = (DynamoDbAsyncClient) Proxy.newProxyInstance(
            DynamoDbAsyncClient.class.getClassLoader(), new Class<?>[] {DynamoDbAsyncClient.class}, this);
    private final DynamoDbAsyncClient client;
    private final Set<CompletableFuture<?>> unanswered = ConcurrentHashMap.newKeySet();
    /** Null: there is no stop. */
    private volatile ScheduledExecutorService clock;

    private volatile boolean isSilent;

    BoundedDynamo(DynamoDbAsyncClient client) {
        this.client = client;
    }

    DynamoDbAsyncClient client() {
        return bounded;
    }

    /** A stop begins. */
    void begin() {
        clock = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "kclts-dynamo-limit");
            thread.setDaemon(true);
            return thread;
        });
        for (CompletableFuture<?> answer : unanswered) limit(answer, LIMIT_MILLIS);
    }

    @Override
    public Object invoke(Object proxy, Method method, Object[] args) throws Throwable {
        Object request = args != null && args.length == 1 ? args[0] : null;
        // The client's own publishers would ask for the pages without this class.
        if (method.getName().equals("scanPaginator") && request instanceof ScanRequest)
            return new ScanPublisher(bounded, (ScanRequest) request);
        if (method.getName().equals("queryPaginator") && request instanceof QueryRequest)
            return new QueryPublisher(bounded, (QueryRequest) request);
        try {
            Object answer = method.invoke(client, args);
            if (answer instanceof CompletableFuture) watch((CompletableFuture<?>) answer, isCheckpoint(request));
            return answer;
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private void watch(CompletableFuture<?> answer, boolean isCheckpoint) {
        unanswered.add(answer);
        answer.whenComplete((response, problem) -> unanswered.remove(answer));
        // In this order, so that begin() finds the answer or is found here.
        if (clock != null) limit(answer, isSilent && !isCheckpoint ? FURTHER_MILLIS : LIMIT_MILLIS);
    }

    private void limit(CompletableFuture<?> answer, long millis) {
        Future<?> end = clock.schedule(
                () -> {
                    if (answer.completeExceptionally(ApiCallTimeoutException.create(millis))) isSilent = true;
                },
                millis,
                TimeUnit.MILLISECONDS);
        answer.whenComplete((response, problem) -> end.cancel(false));
    }

    /** A child tries again to checkpoint what it has finished, for checkpoint.shutdownDeadline. */
    private static boolean isCheckpoint(Object request) {
        return request instanceof UpdateItemRequest
                && ((UpdateItemRequest) request).attributeUpdates().containsKey(CHECKPOINT);
    }
}
