using AkkaSse.Hub.Actors;
using AkkaSse.Hub.Clients;
using AkkaSse.Hub.Diagnostics;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Lifetime;
using AkkaSse.Hub.Listening;
using AkkaSse.Hub.Nodes;
using AkkaSse.Hub.Publishing;
using AkkaSse.Hub.Streams;
using Microsoft.Extensions.Logging;

namespace AkkaSse.Hub;

/// <summary>
/// The objects of a node, each made with the objects that it needs: an object knows some of those made before it here and none of those
/// made after it. Immutable.
/// </summary>
internal sealed class HubParts
{
    /// <param name="options">Validated.</param>
    /// <param name="engine">Started by the hub, later.</param>
    /// <param name="time">The only clock.</param>
    /// <param name="logger">The hub's.</param>
    /// <param name="hub">Given to the observers.</param>
    /// <param name="observers">The application's.</param>
    internal HubParts(
        HubOptions options, IHubEngine engine, TimeProvider time, ILogger logger, ISseHub hub, IEnumerable<IHubObserver> observers)
    {
        // Shared by all objects.
        State = new HubState(options);
        var node = options.NodeName;
        var actors = new ActorCount();
        var clock = new CoarseClock(time);
        var ids = new ConnectionIds(node, ConnectionIds.Random(6));
        var connections = new ConnectionTable(ids);
        StreamTable? streams = null;
        Metrics = new HubMetrics(
            options, () => connections.Count, () => streams?.Count ?? 0, () => streams?.All ?? [], () => engine.LogBytes,
            () => actors.Live);
        var faults = new FaultLog(Metrics, logger);
        Streams = streams = new StreamTable(engine, actors, faults.Report, options, Metrics);
        Load = new NodeLoadReport(node, State, engine, connections, streams, Metrics, actors);

        // Connections of this node.
        var limit = new OpenLimit(options, time);
        var opener = new CursorOpener(engine, streams, State, options, time);
        var store = new ManagedStore(engine, State, options, time);
        var managed = ManagedConnections = new ManagedConnections(engine, node, store, faults);
        var changes = new StoredChanges(engine, options);
        Claims = new ClientClaims(engine, connections, options);
        var callbacks = new Observers(hub, observers, logger);
        Registry = new ConnectionRegistry(connections, streams, Claims, managed, callbacks, Metrics, logger, faults);
        var host = new ClientHost
        {
            Options = options,
            Time = time,
            Clock = clock,
            Actors = actors,
            Metrics = Metrics,
            Logger = logger,
            Ids = ids,
            Ended = Registry.OnEnded,
            Left = Registry.OnLeft,
        };
        var resolver = new SubscriptionResolver(store, managed, changes, State, node);
        Admission = new ConnectionAdmission(
            engine, State, limit, host, connections, resolver, opener, streams, Claims, Registry, faults);

        // Calls to other nodes, and answers to theirs.
        var inbox = new InboxWriter(Metrics);
        var locator = new ClientLocator(engine, connections, node);
        var subscriptions = new SubscriptionChanges(opener, streams, changes, options, limit, faults);
        Requests = new NodeRequestHandler(connections, inbox, subscriptions, Claims, managed, Load);
        var calls = new NodeCalls(engine, Requests, locator, node);
        Nodes = new NodeDirectory(engine, node, State, Load, calls);
        Sender = new ClientSender(State, options, connections, engine, inbox, locator, calls);
        ClientDirectory = new ClientDirectory(engine, State, options, limit, locator, calls);
        Managed = new ManagedSubscriptions(engine, State, options, limit, store, calls);

        // Streams.
        Publisher = new StreamPublisher(engine, streams, State, options, Metrics);
        Batches = new BatchPublisher(Publisher, Sender, engine, streams, options, Metrics);
        Audit = new AuditPublisher(engine, State);
        StreamDirectory = new StreamDirectory(engine, streams, State, options);
        Listening = new InProcessListening(opener, streams, State, options, time, Metrics, actors, faults);

        // Life.
        Drain = new ConnectionDrain(State, options, connections, engine, time, logger);
        Sweeper = new HubSweeper(options, clock, time, connections, engine, managed, changes, faults);
    }

    internal HubState State { get; }

    internal HubMetrics Metrics { get; }

    internal StreamTable Streams { get; }

    internal NodeLoadReport Load { get; }

    internal ClientClaims Claims { get; }

    internal ConnectionRegistry Registry { get; }

    internal ConnectionAdmission Admission { get; }

    internal NodeRequestHandler Requests { get; }

    internal NodeDirectory Nodes { get; }

    internal ClientSender Sender { get; }

    internal ClientDirectory ClientDirectory { get; }

    internal ManagedSubscriptions Managed { get; }

    internal ManagedConnections ManagedConnections { get; }

    internal StreamPublisher Publisher { get; }

    internal BatchPublisher Batches { get; }

    internal AuditPublisher Audit { get; }

    internal StreamDirectory StreamDirectory { get; }

    internal InProcessListening Listening { get; }

    internal ConnectionDrain Drain { get; }

    internal HubSweeper Sweeper { get; }
}
