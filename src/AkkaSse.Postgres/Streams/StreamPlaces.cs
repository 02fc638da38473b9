using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Postgres.Sessions;
using Npgsql;

namespace AkkaSse.Postgres.Streams;

/// <summary>
/// How many streams may be created, in all and in each namespace. Counted exactly when a limit is near, else every 10 s: two nodes that
/// create at the same time may pass it by what they create meanwhile. What is allowed is counted at once, whether or not it
/// then is created. Thread-safe.
/// </summary>
internal sealed class StreamPlaces(HubOptions options, EngineClock clock)
{
    private const long CountInterval = 10_000;

    private readonly Count _all = new();
    private readonly Count[] _namespaces = [.. options.ListNamespaces().Select(static _ => new Count())];

    /// <summary>Which of the streams that are to begin to exist may not, and why.</summary>
    internal async Task<Dictionary<string, string>> RefusalsAsync(NpgsqlConnection connection, IReadOnlyCollection<string> names)
    {
        var refusals = new Dictionary<string, string>(StringComparer.Ordinal);
        // A namespace that is full takes no place from others.
        foreach (var own in names.GroupBy(options.NamespaceOf).Where(static g => g.Key?.MaxStreams is not null))
        {
            var places = await PlacesAsync(connection, own.Key!, own.Count()).ConfigureAwait(false);
            foreach (var name in own.Skip(places)) refusals[name] = own.Key!.TooManyStreams;
        }
        var left = names.Where(n => !refusals.ContainsKey(n) && !StreamRules.HasItsPlace(n)).ToList();
        if (left.Count == 0) return refusals;
        var free = await PlacesAsync(
            connection, _all, options.MaxStreams, left.Count, "select count(*) from akkasse.streams where present").ConfigureAwait(false);
        foreach (var name in left.Skip(free)) refusals[name] = $"There are {options.MaxStreams} streams, the most allowed.";
        return refusals;
    }

    private Task<int> PlacesAsync(NpgsqlConnection connection, StreamNamespace of, int wanted) =>
        PlacesAsync(
            connection, _namespaces[of.Index], of.MaxStreams!.Value, wanted,
            """
            select count(*) from akkasse.streams
            where present and ((name >= $1 and starts_with(name, $1)) or (name >= $3 || $1 and starts_with(name, $3 || $1)))
                and not exists (select from unnest($2::text[]) as inner_prefix
                    where starts_with(name, inner_prefix) or starts_with(name, $3 || inner_prefix))
            """,
            of.Prefix, of.InnerPrefixes.ToArray(), HubNames.ZoneStreamPrefix);

    private async Task<int> PlacesAsync(
        NpgsqlConnection connection, Count count, int max, int wanted, string sql, params object?[] parameters)
    {
        var stale = clock.NodeNow - Volatile.Read(ref count.At) > CountInterval;
        if (stale || Volatile.Read(ref count.Streams) + wanted > max / 10 * 9)
        {
            var counted = Convert.ToInt64(await connection.ScalarAsync(sql, default, parameters).ConfigureAwait(false), null);
            Volatile.Write(ref count.Streams, counted);
            Volatile.Write(ref count.At, clock.NodeNow);
        }
        var allowed = (int)Math.Clamp(max - Volatile.Read(ref count.Streams), 0, wanted);
        Interlocked.Add(ref count.Streams, allowed);
        return allowed;
    }

    private sealed class Count
    {
        internal long Streams;
        internal long At;
    }
}
