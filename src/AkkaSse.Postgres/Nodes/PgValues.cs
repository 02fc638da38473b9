using AkkaSse.Hub.Engine;
using AkkaSse.Postgres.Sessions;
using Npgsql;

namespace AkkaSse.Postgres.Nodes;

/// <summary>Small shared state, in a table. An expired row counts as absent; it is deleted later.</summary>
internal sealed class PgValues(Database database, EngineClock clock, Action<string> broken) : IKeyValueEngine
{
    private const int MaxBytes = 64 << 10;

    public ValueTask<EngineAnswer<long?>> PutAsync(
        string key, ReadOnlyMemory<byte> value, TimeSpan ttl, long? expected, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value.Length, MaxBytes);
        return AnswerAsync(() => WriteAsync(key, value, ttl, expected, cancellation));
    }

    public ValueTask<EngineAnswer<VersionedValue?>> GetAsync(string key, CancellationToken cancellation) =>
        AnswerAsync(() => ReadAsync(key, cancellation));

    public ValueTask<EngineAnswer<bool>> DeleteAsync(string key, long? version, CancellationToken cancellation) =>
        AnswerAsync(() => RemoveAsync(key, version, cancellation));

    private async ValueTask<EngineAnswer<T>> AnswerAsync<T>(Func<Task<T>> ask)
    {
        if (!database.IsOpen) return default;
        try
        {
            return new(await ask().ConfigureAwait(false));
        }
        catch (Exception e) when (e is EngineAwayException or NpgsqlException)
        {
            broken("a question about a value failed");
            return default;
        }
    }

    private async Task<long?> WriteAsync(
        string key, ReadOnlyMemory<byte> value, TimeSpan ttl, long? expected, CancellationToken cancellation)
    {
        var now = clock.Now;
        var until = now + (long)ttl.TotalMilliseconds;
        var connection = await database.OpenAsync(cancellation).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            // One statement each, so that it is atomic without a transaction of several round trips.
            var sql = expected switch
            {
                null => "insert into akkasse.kv (key, value, version, until) values ($1, $2, nextval('akkasse.versions'), $3) on " +
                    "conflict (key) do update set value = excluded.value, version = excluded.version, until = excluded.until returning " +
                    "version",
                0 => "insert into akkasse.kv as kv (key, value, version, until) values ($1, $2, nextval('akkasse.versions'), $3) on " +
                    "conflict (key) do update set value = excluded.value, version = excluded.version, until = excluded.until where " +
                    "kv.until <= $4 returning version",
                _ => "update akkasse.kv set value = $2, version = nextval('akkasse.versions'), until = $3 where key = $1 and version = " +
                    "$5 and until > $4 returning version",
            };
            object?[] parameters = expected switch
            {
                null => [key, value.ToArray(), until],
                0 => [key, value.ToArray(), until, now],
                { } version => [key, value.ToArray(), until, now, version],
            };
            return (long?)await connection.ScalarAsync(sql, cancellation, parameters).ConfigureAwait(false);
        }
    }

    private async Task<VersionedValue?> ReadAsync(string key, CancellationToken cancellation)
    {
        var connection = await database.OpenAsync(cancellation).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var command = connection.Command("select value, version from akkasse.kv where key = $1 and until > $2", key, clock.Now);
            await using (command.ConfigureAwait(false))
            {
                var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                    return await reader.ReadAsync(cancellation).ConfigureAwait(false)
                        ? new VersionedValue(reader.GetFieldValue<byte[]>(0), reader.GetInt64(1))
                        : null;
            }
        }
    }

    private async Task<bool> RemoveAsync(string key, long? version, CancellationToken cancellation)
    {
        var connection = await database.OpenAsync(cancellation).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            return await connection.ExecuteAsync(
                "delete from akkasse.kv where key = $1 and until > $2 and ($3::bigint is null or version = $3)", cancellation, key,
                clock.Now, Sql.Nullable(version)).ConfigureAwait(false) > 0;
        }
    }
}
