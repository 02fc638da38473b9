using System.Globalization;
using AkkaSse.Hub.Engine;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace AkkaSse.Postgres.Sessions;

/// <summary>
/// Creates and migrates the schema, and decides whether offsets can be continued. One node at a time, under an advisory lock.
/// </summary>
internal sealed class Migrations(PostgresOptions options, ILogger logger)
{
    /// <summary>The newest version this program knows.</summary>
    internal const int Version = 1;

    // No crash loses more events of one stream than this: they would have to be written in less than a second.
    private const long LostOffsets = 1 << 20;

    /// <summary>Brings the schema up to date and verifies the server. Returns its identity.</summary>
    /// <exception cref="UnfitServerException">The schema is newer than this program, or the database is not in UTF-8.</exception>
    internal async Task<Identity> RunAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var transaction = await connection.BeginTransactionAsync(cancellation).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            await connection.ExecuteAsync("select pg_advisory_xact_lock($1)", cancellation, PgNames.SchemaLock).ConfigureAwait(false);
            var identity = await Database.IdentifyAsync(connection, cancellation).ConfigureAwait(false);
            var encoding = (string)(await connection.ScalarAsync(
                "select current_setting('server_encoding')", cancellation).ConfigureAwait(false))!;
            if (encoding != "UTF8")
                throw new UnfitServerException($"the database's encoding is {encoding}; names are stored exactly only with UTF8");
            await MigrateAsync(connection, cancellation).ConfigureAwait(false);
            await VerifyAsync(connection, identity, cancellation).ConfigureAwait(false);
            await transaction.CommitAsync(cancellation).ConfigureAwait(false);
            return identity;
        }
    }

    private async Task MigrateAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var present = (bool)(await connection.ScalarAsync(
            "select to_regclass('akkasse.migrations') is not null", cancellation).ConfigureAwait(false))!;
        if (!present)
            await connection.ExecuteAsync(
                "create schema if not exists akkasse; create table akkasse.migrations (version int primary key, at timestamptz not null " +
                "default now())", cancellation).ConfigureAwait(false);
        var from = (int)(await connection.ScalarAsync(
            "select coalesce(max(version), 0) from akkasse.migrations", cancellation).ConfigureAwait(false))!;
        if (from > Version) throw new UnfitServerException($"the schema akkasse has version {from}, this program knows {Version}");
        for (var version = from + 1; version <= Version; version++)
        {
            await connection.ExecuteAsync(Read(version), cancellation).ConfigureAwait(false);
            await connection.ExecuteAsync(
                "insert into akkasse.migrations (version) values ($1)", cancellation, version).ConfigureAwait(false);
        }
        if (from < Version) Log.Migrated(logger, from, Version);
    }

    // A restore or fail-over may have lost what readers saw; so may a crash when commits did not wait for the disk. When in doubt a new
    // epoch.
    private async Task VerifyAsync(NpgsqlConnection connection, Identity identity, CancellationToken cancellation)
    {
        Identity? known = null;
        var asynchronous = false;
        var command = connection.Command("select system_identifier, timeline, started_at, asynchronous from akkasse.meta for update");
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                if (await reader.ReadAsync(cancellation).ConfigureAwait(false))
                {
                    known = new Identity(reader.GetInt64(0), reader.GetInt32(1), reader.GetFieldValue<DateTime>(2));
                    asynchronous = reader.GetBoolean(3);
                }
            }
        }
        var relaxed = !options.SynchronousCommit
            || (string)(await connection.ScalarAsync("select current_setting('fsync')", cancellation).ConfigureAwait(false))! == "off";
        if (known is not { } before)
        {
            await connection.ExecuteAsync(
                "insert into akkasse.meta (system_identifier, timeline, started_at, asynchronous, seen_at) values ($1, $2, $3, $4, " +
                "clock_timestamp())",
                cancellation, identity.SystemIdentifier, identity.Timeline, identity.StartedAt, relaxed).ConfigureAwait(false);
            return;
        }
        var reason = before.SystemIdentifier != identity.SystemIdentifier ? "the data are in another server than before"
            : before.Timeline != identity.Timeline ? $"the server's timeline is {identity.Timeline} and was {before.Timeline}"
            : before.StartedAt != identity.StartedAt && asynchronous ? "the server has restarted, and commits had not waited for its disk"
            : null;
        if (reason is not null)
        {
            await RenewAsync(connection, cancellation).ConfigureAwait(false);
            Log.NewEpochs(logger, reason);
        }
        // The flag is durable before the first commit that needs it: this transaction waits for the disk.
        var flag = relaxed || (asynchronous && reason is null && before.StartedAt == identity.StartedAt);
        await connection.ExecuteAsync("set local synchronous_commit = on", cancellation).ConfigureAwait(false);
        await connection.ExecuteAsync(
            "update akkasse.meta set system_identifier = $1, timeline = $2, started_at = $3, asynchronous = $4", cancellation,
            identity.SystemIdentifier, identity.Timeline, identity.StartedAt, flag).ConfigureAwait(false);
    }

    // The retained events are the new epoch's first ones, under their offsets: what was acknowledged and survived is not lost to readers,
    // who are told of the change. One epoch text for all streams of a renewal: with the name it is as unique as one each. Bare decimal ids
    // begin above every one that was issued.
    private static async Task RenewAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var epoch = Epochs.New('p');
        await connection.ExecuteAsync(
            "update akkasse.streams set epoch = $1, base = first - 1, lost = least(lost, first - 1), id_base = greatest(id_base + head " +
            "+ $2, $3), version = version + 1",
            cancellation, epoch, LostOffsets, DecimalIds.Base(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds())).ConfigureAwait(false);
        await connection.ExecuteAsync("update akkasse.keys set epoch = $1", cancellation, epoch).ConfigureAwait(false);
    }

    private static string Read(int version)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"V{version:000}.sql");
        using var stream = typeof(Migrations).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException(
            $"{name} is missing in the assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
