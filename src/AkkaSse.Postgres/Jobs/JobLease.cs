using System.Diagnostics;
using AkkaSse.Postgres.Sessions;

namespace AkkaSse.Postgres.Jobs;

/// <summary>
/// Work that one node does for all: whoever holds the lease does it, and another takes over when it ends. A job must be harmless when two
/// do it for a moment.
/// </summary>
internal sealed class JobLease(string job, PostgresOptions options, Database database, string node, Guid incarnation)
{
    private long _taken;

    /// <summary>True while this node has the job; asks the database three times per lease.</summary>
    internal async Task<bool> HoldAsync(CancellationToken cancellation)
    {
        if (_taken != 0 && Stopwatch.GetElapsedTime(_taken) < options.Lease / 3) return true;
        var begun = Stopwatch.GetTimestamp();
        var connection = await database.OpenAsync(cancellation).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var held = await connection.ScalarAsync(
                $"""
                insert into akkasse.jobs as j (name, node, incarnation, expires_at) values ($1, $2, $3, clock_timestamp() + $4 * interval '1 millisecond')
                on conflict (name) do update set node = excluded.node, incarnation = excluded.incarnation, expires_at = excluded.expires_at
                where j.incarnation = excluded.incarnation or j.expires_at < clock_timestamp()
                    or not exists (select 1 from akkasse.nodes n where n.incarnation = j.incarnation)
                returning 1
                """,
                cancellation, job, node, incarnation, options.Lease.TotalMilliseconds).ConfigureAwait(false);
            _taken = held is null ? 0 : begun;
            return held is not null;
        }
    }
}
