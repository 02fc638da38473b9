using AkkaSse.Hub.Engine;
using AkkaSse.Postgres.Jobs;
using AkkaSse.Postgres.Nodes;
using AkkaSse.Postgres.Sessions;
using AkkaSse.Postgres.Streams;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace AkkaSse.Postgres;

/// <summary>
/// The engine on PostgreSQL (14 or newer): any number of nodes that share a database are one hub. The schema <c>akkasse</c> is created and
/// migrated by the first node.
/// </summary>
/// <remarks>
/// While the database is away publishes are refused at once (certainly not appended), established connections stay, new subscribers are
/// refused, and afterwards every stream with readers is synchronised. Thread-safe.
/// </remarks>
public sealed class PostgresEngine : IHubEngine
{
    private const int WarmUpRounds = 3;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(50);
    // A server that does not answer a trivial question within this time is away.
    private const int AnswerSeconds = 2;

    private readonly PostgresOptions _options;
    private readonly ILogger _logger;
    private readonly Guid _incarnation = Guid.NewGuid();
    private readonly Database _database;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _loops = [];
    private readonly SemaphoreSlim _broken = new(0, 1);
    private IEngineHost? _host;
    private EngineClock? _clock;
    private Appender? _appender;
    private Follower? _follower;
    private PgStreams? _streams;
    private PgClaims? _claims;
    private PgNodes? _nodes;
    private PgValues? _values;
    private Inbox? _inbox;
    private int _state = (int)EngineState.Starting;
    private int _disposed;
    private int _drained;

    /// <summary>Makes an engine; it works after <see cref="StartAsync"/>.</summary>
    /// <param name="options">Validated here.</param>
    /// <param name="logger">Neither connection strings nor payloads are logged.</param>
    /// <exception cref="ArgumentException">The options are invalid; the message lists every fault.</exception>
    public PostgresEngine(PostgresOptions options, ILogger<PostgresEngine>? logger = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.ThrowIfInvalid(nameof(options));
        _options = options;
        _logger = logger ?? NullLogger<PostgresEngine>.Instance;
        _database = new Database(options);
    }

    /// <inheritdoc/>
    public string Name => "postgres";

    /// <inheritdoc/>
    public EngineState State => (EngineState)Volatile.Read(ref _state);

    /// <inheritdoc/>
    public long LogBytes => _follower?.Budget.Used ?? 0;

    /// <inheritdoc/>
    /// <remarks>The engine's own loops do it: once for all nodes, under a lock of the database.</remarks>
    public void Sweep()
    {
    }

    /// <inheritdoc/>
    public IStreamEngine Streams => _streams ?? throw NotStarted();

    /// <inheritdoc/>
    public IClaimEngine Claims => _claims ?? throw NotStarted();

    /// <inheritdoc/>
    public INodeEngine Nodes => _nodes ?? throw NotStarted();

    /// <inheritdoc/>
    public IKeyValueEngine Values => _values ?? throw NotStarted();

    /// <summary>For tests that do not wait for its time.</summary>
    internal RetentionJob? Retention { get; private set; }

    internal Database Database => _database;

    /// <inheritdoc/>
    public async ValueTask StartAsync(IEngineHost host, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(host);
        if (_host is not null) throw new InvalidOperationException("An engine is started once.");
        StreamRules.ThrowUnlessForSeveralNodes(host.Options);
        _host = host;
        _clock = new EngineClock(host.Time);
        var notifier = new Notifier(_options, _database, _logger);
        _nodes = new PgNodes(_options, _database, host, _incarnation, _logger);
        _inbox = new Inbox(_database, host, _incarnation, notifier, () => _nodes.IsFenced, _logger);
        _nodes.Inbox = _inbox;
        _follower = new Follower(_options, _database, _clock, host, _logger, Broken);
        _follower.History = new History(_database, _clock);
        _inbox.TransientCame = _follower.OnTransient;
        var appender = _appender = new Appender(_options, _database, _clock, host, _follower, notifier, (stream, e) =>
        {
            _follower.OnTransient(stream, e);
            _inbox.SendTransient(stream, e);
        }, Broken, _logger);
        _streams = new PgStreams(_database, _clock, host, appender, _follower, notifier, _follower.History, () => State);
        _claims = new PgClaims(_database, _clock, host, _incarnation, _inbox, Broken);
        _values = new PgValues(_database, _clock, Broken);
        var node = host.Options.NodeName;
        Retention = new RetentionJob(
            _options, _database, _clock, new JobLease(PgNames.RetentionJob, _options, _database, node, _incarnation), notifier, _logger);
        var outbox = new OutboxJob(
            _options, _database, host, appender, new JobLease(PgNames.OutboxJob, _options, _database, node, _incarnation), _logger);

        // A server that is there is used from the first request on; one that is not is waited for in the background.
        NpgsqlConnection? listening = null;
        try
        {
            listening = await EstablishAsync(cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (StartFaults.Of(e, _options) is { } fault)
        {
            // Nothing is waited for that does not change by itself: a password, a right, a database that is not there.
            throw fault;
        }
        catch (Exception e) when (IsAway(e))
        {
            Log.Away(_logger, _options.Server, StartFaults.Words(e), FirstDelay);
        }
        var stopped = _stop.Token;
        Run("appends", appender.Run(stopped));
        Run("following", [_follower.RunAsync(stopped), _follower.PollAsync(stopped)]);
        Run("notifying", [notifier.RunAsync(stopped)]);
        Run("inbox", [_inbox.RunAsync(stopped)]);
        Run("lease", [_nodes.RunAsync(Broken, stopped)]);
        Run("retention", [Retention.RunAsync(stopped)]);
        Run("outbox", [outbox.RunAsync(stopped)]);
        Run("connection", [KeepAsync(listening, stopped)]);
    }

    /// <inheritdoc/>
    public async ValueTask DrainAsync(CancellationToken cancellation)
    {
        if (_nodes is null || Interlocked.Exchange(ref _drained, 1) != 0) return;
        try
        {
            await _nodes.LeaveAsync(cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is EngineAwayException or NpgsqlException)
        {
            // The lease ends by itself.
            Log.Retried(_logger, "leaving", e.Message);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        _streams?.Stop();
        Change(EngineState.Down, tell: false);
        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_loops).ConfigureAwait(false);
        await _database.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    // From whoever meets a broken connection: look whether the server is still there.
    private void Broken(string why)
    {
        lock (_loops)
        {
            if (_broken.CurrentCount == 0) _broken.Release();
        }
    }

    private async Task KeepAsync(NpgsqlConnection? listening, CancellationToken stopped)
    {
        var delay = FirstDelay;
        while (true)
        {
            if (listening is not null)
            {
                delay = FirstDelay;
                await ListenAsync(listening, stopped).ConfigureAwait(false);
                await listening.DisposeAsync().ConfigureAwait(false);
                listening = null;
                stopped.ThrowIfCancellationRequested();
                if (State != EngineState.Down) Change(EngineState.Degraded);
            }
            try
            {
                listening = await EstablishAsync(stopped).ConfigureAwait(false);
            }
            catch (Exception e) when (IsAway(e) && !stopped.IsCancellationRequested)
            {
                if (State != EngineState.Starting) GoDown();
                else if (StartFaults.Of(e, _options) is { } fault) _host!.OnRefused(fault);
                await _database.CloseAsync().ConfigureAwait(false);
                // A name in use has a line of its own, which is not said every second.
                if (e is not NameInUseException) Log.Away(_logger, _options.Server, StartFaults.Words(e), delay);
                await Task.Delay(delay * (0.5 + Random.Shared.NextDouble()), stopped).ConfigureAwait(false);
                delay = delay * 2 < _options.MaxReconnectDelay ? delay * 2 : _options.MaxReconnectDelay;
            }
        }
    }

    private async Task<NpgsqlConnection> EstablishAsync(CancellationToken cancellation)
    {
        var connection = await _database.ConnectAloneAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (connection.PostgreSqlVersion.Major < 14)
                throw new UnfitServerException($"the server has version {connection.PostgreSqlVersion}; 14 or newer is needed");
            var identity = await new Migrations(_options, _logger).RunAsync(connection, cancellation).ConfigureAwait(false);
            _clock!.Measure((DateTime)(await connection.ScalarAsync("select clock_timestamp()", cancellation).ConfigureAwait(false))!);
            await _nodes!.RegisterAsync(connection, cancellation).ConfigureAwait(false);
            await _nodes.VerifyClaimsAsync(connection, cancellation).ConfigureAwait(false);
            // First listen, then look, then live: what is appended between cannot be missed.
            connection.Notification += OnNotification;
            await connection.ExecuteAsync($"listen {PgNames.HeadsChannel}; listen {PgNames.NodeChannel(_host!.Options.NodeName)}",
                cancellation).ConfigureAwait(false);
            if (!_database.IsOpen || identity != _identity) await _database.UseAsync(identity).ConfigureAwait(false);
            _identity = identity;
            if (State == EngineState.Starting) await WarmUpAsync(cancellation).ConfigureAwait(false);
            _follower!.LookAtAll();
            _inbox!.Wake();
            Change(EngineState.Ready);
            Log.Connected(_logger, connection.PostgreSqlVersion.ToString(), connection.Host, connection.Port, Migrations.Version);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    // A node that has just started and says that it is ready gets its share of the load at once: on connections that are open, with
    // statements that are prepared (twice: Npgsql prepares what comes again). Without it the first publishes of a node that joined three
    // under load took 300 ms.
    private async Task WarmUpAsync(CancellationToken cancellation)
    {
        await Task.WhenAll(Enumerable.Range(0, _options.Appenders + 2).Select(async _ =>
        {
            var connection = await _database.OpenAsync(cancellation).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                for (var round = 0; round < WarmUpRounds; round++)
                {
                    await _appender!.Transaction.WarmUpAsync(connection).ConfigureAwait(false);
                    await _follower!.WarmUpAsync(connection, cancellation).ConfigureAwait(false);
                    await Notifier.WarmUpAsync(connection, cancellation).ConfigureAwait(false);
                }
            }
        })).ConfigureAwait(false);
    }

    private Identity _identity;

    private async Task ListenAsync(NpgsqlConnection listening, CancellationToken stopped)
    {
        try
        {
            while (true)
            {
                using var either = CancellationTokenSource.CreateLinkedTokenSource(stopped);
                var broken = _broken.WaitAsync(either.Token);
                var waiting = listening.WaitAsync(either.Token);
                if (await Task.WhenAny(waiting, broken).ConfigureAwait(false) == waiting)
                {
                    await either.CancelAsync().ConfigureAwait(false);
                    await IgnoreAsync(broken).ConfigureAwait(false);
                    await waiting.ConfigureAwait(false);
                    continue;
                }
                await either.CancelAsync().ConfigureAwait(false);
                await IgnoreAsync(waiting).ConfigureAwait(false);
                if (stopped.IsCancellationRequested) return;
                // Somebody's connection broke. If this one answers and the lease is ours, it was only that one.
                var alive = listening.Command("select 1");
                await using (alive.ConfigureAwait(false))
                {
                    alive.CommandTimeout = AnswerSeconds;
                    await alive.ExecuteScalarAsync(stopped).ConfigureAwait(false);
                }
                if (_nodes!.IsFenced && !_nodes.HasLeft) return;
                await Task.Delay(FirstDelay, stopped).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException or OperationCanceledException or IOException)
        {
            // A connection that does not answer has no server behind it; to find that out by connecting anew would take as long again.
            if (e.InnerException is TimeoutException) GoDown();
            if (!stopped.IsCancellationRequested) Log.Retried(_logger, "listening", e.Message);
        }
    }

    private static async Task IgnoreAsync(Task cancelled)
    {
        try
        {
            await cancelled.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // It was: the other one came first.
        }
    }

    private void OnNotification(object sender, NpgsqlNotificationEventArgs e)
    {
        if (e.Channel == PgNames.HeadsChannel) _follower!.OnNotified(e.Payload);
        else _inbox!.Wake();
    }

    private void Run(string what, IEnumerable<Task> loops)
    {
        foreach (var loop in loops) _loops.Add(WatchAsync(loop, what));
    }

    private async Task WatchAsync(Task loop, string what)
    {
        try
        {
            await loop.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // That is how loops end.
        }
        catch (Exception e)
        {
            Log.Fault(_logger, e, what);
            Change(EngineState.Down);
        }
    }

    private void GoDown()
    {
        Change(EngineState.Down);
        _appender!.RefuseWaiting();
    }

    private void Change(EngineState state, bool tell = true)
    {
        if (Volatile.Read(ref _disposed) != 0 && state != EngineState.Down) return;
        if (Interlocked.Exchange(ref _state, (int)state) != (int)state && tell) _host!.OnStateChanged(state);
    }

    private static bool IsAway(Exception e) => e is NpgsqlException or EngineAwayException or TimeoutException or IOException
        or System.Net.Sockets.SocketException or InvalidOperationException;

    private static InvalidOperationException NotStarted() => new("The engine is not started.");
}
