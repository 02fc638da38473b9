using Akka.Actor;
using AkkaSse.Hub;

namespace AkkaSse.Cluster.Actors;

/// <summary>Reads streams for one subscriber: a reader of the hub per stream, which waits while the window is full.</summary>
internal sealed class Subscription : ReceiveActor
{
    private const int MaxStreams = 32;
    private const int MaxWindow = 100_000;

    private readonly ISseHub _hub;
    private readonly Subscribe _request;
    private readonly string[] _streams;
    private readonly IActorRef _asker;
    private readonly CancellationTokenSource _ended = new();
    private readonly SemaphoreSlim _window;
    private int _reading;

    public Subscription(ISseHub hub, Subscribe request, string[] streams, IActorRef asker)
    {
        (_hub, _request, _streams, _asker) = (hub, request, streams, asker);
        _window = new SemaphoreSlim(request.Window, request.Window);
        Receive<Acknowledge>(OnAcknowledge);
        Receive<Unsubscribe>(_ => Context.Stop(Self));
        Receive<Terminated>(_ =>
        {
            if (_reading == 0) _asker.Tell(new SubscribeFailed(_request, "The subscriber has ended."), Context.Parent);
            Context.Stop(Self);
        });
        Receive<Located>(OnLocated);
        Receive<SubscribeFailed>(m =>
        {
            _asker.Tell(m, Context.Parent);
            Context.Stop(Self);
        });
        Receive<StreamEnded>(m =>
        {
            _request.Subscriber.Tell(m, Self);
            if (--_reading == 0) Context.Stop(Self);
        });
    }

    /// <summary>What is wrong with a request, or null.</summary>
    internal static string? Fault(Subscribe request, string[] streams, IActorRef deadLetters)
    {
        // Nobody and the dead letters never end, and a subscription to them never would.
        if (request.Subscriber.IsNobody() || request.Subscriber.Equals(deadLetters)) return "A subscription needs a subscriber.";
        if (request.Subscriber is IActorRefScope { IsLocal: false })
            return $"The subscriber {request.Subscriber.Path} is in another process; it subscribes with the hub actor there.";
        if (streams.Length is < 1 or > MaxStreams) return $"{streams.Length} streams are asked for; 1 to {MaxStreams} are allowed.";
        if (streams.Distinct(StringComparer.Ordinal).Count() < streams.Length) return "A stream is asked for twice; each is read once.";
        if (request.Window is < 1 or > MaxWindow) return $"The window is {request.Window}; 1 to {MaxWindow} are allowed.";
        foreach (var stream in streams)
        {
            if (HubNames.Check(stream) is { } fault) return fault;
        }
        return null;
    }

    protected override void PreStart()
    {
        Context.Watch(_request.Subscriber);
        LocateAsync().PipeTo(Self, failure: e => new SubscribeFailed(_request, e.Message));
    }

    protected override void PostStop() => _ended.Cancel();

    // A reader that begins at the newest event begins when it is attached, on some engines after a round trip to another node: what is
    // published meanwhile it would not see. Where the stream stands now is asked first.
    private async Task<object> LocateAsync()
    {
        var starts = new StartPosition[_streams.Length];
        for (var i = 0; i < starts.Length; i++)
        {
            if (_request.From is { } from)
            {
                starts[i] = from;
                continue;
            }
            var page = await _hub.Streams.ReadAsync(_streams[i], after: null, limit: 1, _ended.Token).ConfigureAwait(false);
            if (page.State == HistoryState.Unavailable)
                return new SubscribeFailed(_request, $"Where stream '{_streams[i]}' stands cannot be said now; ask again.");
            starts[i] = StartPosition.After(page.State == HistoryState.NoStream ? StreamPosition.BeforeFirst : page.Head);
        }
        return new Located(starts);
    }

    private void OnLocated(Located located)
    {
        // All are read or none, and the answer comes before the first event.
        var opened = new List<IAsyncEnumerator<StreamEvent>>();
        try
        {
            for (var i = 0; i < located.Starts.Length; i++)
                opened.Add(_hub.SubscribeAsync(_streams[i], located.Starts[i], _ended.Token).GetAsyncEnumerator(CancellationToken.None));
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            Self.Tell(new SubscribeFailed(_request, e.Message), Self);
            foreach (var events in opened) _ = DisposeAsync(events);
            return;
        }
        _asker.Tell(new Subscribed(_request, Self), Context.Parent);
        var (self, subscriber) = (Self, _request.Subscriber);
        _reading = opened.Count;
        for (var i = 0; i < opened.Count; i++)
        {
            var (stream, events) = (_streams[i], opened[i]);
            // On the pool: what is there already is read without a pause.
            _ = Task.Run(() => ReadAsync(stream, events, self, subscriber));
        }
    }

    private static async Task DisposeAsync(IAsyncEnumerator<StreamEvent> events)
    {
        try
        {
            await events.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is HubException or OperationCanceledException)
        {
            // It was never opened.
        }
    }

    private void OnAcknowledge(Acknowledge m)
    {
        var onTheWay = _request.Window - _window.CurrentCount;
        if (m.Count > 0 && onTheWay > 0) _window.Release(Math.Min(m.Count, onTheWay));
    }

    // Outside the actor: it touches nothing of it but the window, and speaks in its name.
    private async Task ReadAsync(string stream, IAsyncEnumerator<StreamEvent> events, IActorRef self, IActorRef subscriber)
    {
        string? error = null;
        try
        {
            await using (events.ConfigureAwait(false))
            {
                while (await events.MoveNextAsync().ConfigureAwait(false))
                {
                    await _window.WaitAsync(_ended.Token).ConfigureAwait(false);
                    subscriber.Tell(new StreamReceived(stream, events.Current), self);
                }
            }
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            // The subscription has ended.
            return;
        }
        catch (Exception e)
        {
            error = e.Message;
        }
        self.Tell(new StreamEnded(stream, error), self);
    }

    private sealed record Located(StartPosition[] Starts) : INoSerializationVerificationNeeded;
}
