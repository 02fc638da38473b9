using Npgsql;

namespace AkkaSse.Postgres.Sessions;

/// <summary>
/// Pooled connections to the one server whose identity was verified. A connection that reaches another one, or the same after a restart, is
/// refused before anybody uses it: the check for new epochs must come first.
/// </summary>
internal sealed class Database(PostgresOptions options) : IAsyncDisposable
{
    private const string IdentitySql = """
        select (select system_identifier from pg_control_system()), case when pg_is_in_recovery() then null else ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int end, pg_postmaster_start_time()
        """;

    // For everything but appends, which have their own.
    private const string LockTimeout = "5s";

    private NpgsqlDataSource? _source;
    private int _generation;

    /// <summary>Grows with every verified identity.</summary>
    internal int Generation => Volatile.Read(ref _generation);

    /// <summary>The server that connections are to.</summary>
    internal Identity Identity { get; private set; }

    internal bool IsOpen => Volatile.Read(ref _source) is not null;

    /// <summary>A connection outside all pools, for LISTEN and for what comes before the identity is verified.</summary>
    internal async Task<NpgsqlConnection> ConnectAloneAsync(CancellationToken cancellation)
    {
        var text = Builder(options.ListenConnectionString ?? options.ConnectionString);
        text.Pooling = false;
        text.KeepAlive = 5;
        text.ApplicationName = "akkasse-listen";
        var connection = new NpgsqlConnection(text.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellation).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    internal static async Task<Identity> IdentifyAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var command = connection.Command(IdentitySql);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                await reader.ReadAsync(cancellation).ConfigureAwait(false);
                if (reader.IsDBNull(1)) throw new EngineAwayException("the server is a standby");
                return new Identity(reader.GetInt64(0), reader.GetInt32(1), reader.GetFieldValue<DateTime>(2));
            }
        }
    }

    /// <summary>From now on connections are to this server.</summary>
    internal async Task UseAsync(Identity identity)
    {
        var text = Builder(options.ConnectionString);
        text.MaxPoolSize = Math.Max(text.MaxPoolSize, options.Appenders + 12);
        // Session settings are made once per connection and must survive its return to the pool.
        text.NoResetOnClose = true;
        text.MaxAutoPrepare = 64;
        text.AutoPrepareMinUsages = 2;
        text.ApplicationName = "akkasse";
        var builder = new NpgsqlDataSourceBuilder(text.ConnectionString);
        builder.UsePhysicalConnectionInitializer(
            static _ => throw new NotSupportedException("Connections are opened asynchronously."),
            connection => PrepareAsync(connection, identity));
        var next = builder.Build();
        Identity = identity;
        var previous = Interlocked.Exchange(ref _source, next);
        Interlocked.Increment(ref _generation);
        if (previous is not null) await previous.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>No connection until the next <see cref="UseAsync"/>.</summary>
    internal async Task CloseAsync()
    {
        if (Interlocked.Exchange(ref _source, null) is { } previous) await previous.DisposeAsync().ConfigureAwait(false);
    }

    /// <exception cref="EngineAwayException">There is no server, or it cannot be reached now.</exception>
    internal async ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellation)
    {
        var source = Volatile.Read(ref _source) ?? throw new EngineAwayException("PostgreSQL is away");
        try
        {
            return await source.OpenConnectionAsync(cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or ObjectDisposedException or TimeoutException)
        {
            throw new EngineAwayException("PostgreSQL is away", e);
        }
    }

    public async ValueTask DisposeAsync() => await CloseAsync().ConfigureAwait(false);

    private async Task PrepareAsync(NpgsqlConnection connection, Identity identity)
    {
        if (await IdentifyAsync(connection, CancellationToken.None).ConfigureAwait(false) != identity)
            throw new EngineAwayException("the server is another one than was verified, or has restarted");
        await connection.ExecuteAsync(
            "select set_config('synchronous_commit', $1, false), set_config('lock_timeout', $2, false), set_config('plan_cache_mode', " +
            "'force_generic_plan', false)",
            CancellationToken.None, options.SynchronousCommit ? "on" : "off", LockTimeout).ConfigureAwait(false);
    }

    private static NpgsqlConnectionStringBuilder Builder(string text)
    {
        var builder = new NpgsqlConnectionStringBuilder(text) { PersistSecurityInfo = false, IncludeErrorDetail = false };
        // A server that does not answer is away: nobody waits half a minute for it.
        if (!builder.ContainsKey("Timeout") || builder.Timeout > 5) builder.Timeout = 5;
        if (builder.CommandTimeout is 0 or > 10) builder.CommandTimeout = 10;
        // After a command's time the server is asked to end it. One that does not answer that either is given up.
        if (!builder.ContainsKey("Cancellation Timeout")) builder.CancellationTimeout = 500;
        return builder;
    }
}
