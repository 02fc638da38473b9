using System.Text.Json.Nodes;
using AkkaSse.AspNetCore;
using AkkaSse.Hub;
using AkkaSse.Server.Audit;
using AkkaSse.Server.Configuration;
using AkkaSse.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace AkkaSse.Server.Tests.Security;

/// <summary>What waits is bounded, and what finds no place is named.</summary>
[Trait("speed", "slow")]
public sealed class AuditQueueTests
{
    // More than both queues hold together, with what is under way between them.
    private const int Many = 4 * (AuditQueue.Capacity + AuditStream.Capacity);

    [Fact]
    public async Task Entries_wait_while_the_engine_is_away_and_those_without_a_place_are_named()
    {
        // It takes nothing before it has started.
        await using var hub = new SseHub(new HubOptions { NodeName = "n1" });
        var settings = Settings();
        var queue = new AuditQueue(settings);
        using var writer = Writer(queue, settings, hub);
        await writer.StartAsync(CancellationToken.None);

        for (var i = 0; i < Many; i++) queue.Record(Entry(i));
        await Eventually.Until(() => queue.Dropped > 0, "entries are dropped");
        await hub.StartAsync();

        var (written, dropped) = (0L, 0L);
        StreamPosition? after = null;
        await Eventually.Until(async () =>
        {
            var page = await hub.Streams.ReadAsync(HubNames.AuditStream, after, 1_000);
            foreach (var e in page.Events)
            {
                after = e.Position;
                var entry = JsonNode.Parse(e.Event.Data!)!;
                if (e.Event.Type == "dropped") dropped += (long)entry["count"]!;
                else written++;
            }
            return written + dropped == Many;
        }, () => $"{Many} entries are written or named; {written} are written, {dropped} named", () => written + dropped);
        dropped.ShouldBeGreaterThan(0);
        written.ShouldBeGreaterThanOrEqualTo(AuditStream.Capacity);
        queue.Dropped.ShouldBe(0);
        await writer.StopAsync(CancellationToken.None);
    }

    [Fact]
    public void Entries_with_many_long_names_fill_the_queue_by_their_bytes()
    {
        var queue = new AuditQueue(Settings());
        // A megabyte each.
        var names = Enumerable.Range(0, 2_000).Select(static i => $"{i:d4}{new string('x', 252)}").ToList();
        for (var i = 0; i < 100; i++)
            queue.Record(new HubAuditEntry { Kind = HubAuditKind.Publish, At = DateTimeOffset.UnixEpoch, Streams = names });
        var held = 0L;
        while (queue.Entries.TryRead(out var entry)) held += AuditQueue.SizeOf(entry);
        held.ShouldBeInRange(AuditQueue.MaxBytes / 2, AuditQueue.MaxBytes);
        queue.Dropped.ShouldBeInRange(60, 90);
        // As the writer does.
        queue.Release(held);
        queue.Record(Entry(0));
        queue.Entries.TryRead(out _).ShouldBeTrue();
    }

    [Fact]
    public async Task Entries_before_the_end_are_written()
    {
        await using var hub = new SseHub(new HubOptions { NodeName = "n1" });
        await hub.StartAsync();
        var settings = Settings();
        var queue = new AuditQueue(settings);
        using var writer = Writer(queue, settings, hub);
        await writer.StartAsync(CancellationToken.None);

        queue.Record(Entry(0));
        await Eventually.Within(writer.StopAsync(CancellationToken.None), "the writer to stop");

        (await hub.Streams.ReadAsync(HubNames.AuditStream)).Events.ShouldHaveSingleItem();
    }

    [Fact]
    public void Equal_refusals_are_one_entry_and_others_are_not()
    {
        var batch = new AuditBatch();
        foreach (var (remote, code) in new[] { ("a", "x"), ("a", "x"), ("b", "x"), ("a", "y"), ("a", "x") })
            batch.Add(new HubAuditEntry { Kind = HubAuditKind.Refuse, At = default, Remote = remote, Code = code, Status = 401 });
        batch.Add(Entry(0));
        batch.Add(Entry(0));

        batch.All.Select(static e => (e.Entry.Remote, e.Entry.Code, e.Calls)).ShouldBe(
            [("a", "x", 3), ("b", "x", null), ("a", "y", null), (null, null, null), (null, null, null)]);
    }

    [Fact]
    public void Refusals_of_one_caller_beyond_16_targets_are_one_entry_without_names()
    {
        var batch = new AuditBatch();
        for (var i = 0; i < 20; i++) batch.Add(Refused($"2001:db8::{i:x}", $"s{i}", 2));
        batch.Add(Refused("2001:db8:0:1::1", "s19", 2));

        batch.All.Select(static e => (string.Join(',', e.Entry.Streams), e.Calls ?? e.Entry.Count)).ShouldBe(
            [.. Enumerable.Range(0, 16).Select(static i => ($"s{i}", (int?)2)), ("", 8), ("s19", 2)]);
    }

    [Fact]
    public void Failures_of_one_caller_on_many_routes_are_few_entries_and_short_ones()
    {
        var batch = new AuditBatch();
        var names = Enumerable.Range(0, 32).Select(static i => $"{i:d2}{new string('<', 250)}").ToList();
        for (var i = 0; i < 200; i++)
        {
            batch.Add(new HubAuditEntry
            {
                Kind = i % 2 == 0 ? HubAuditKind.Refuse : HubAuditKind.Manage,
                At = DateTimeOffset.UnixEpoch,
                Remote = "192.0.2.1",
                Call = $"GET /{i}",
                Streams = names,
                Status = i % 2 == 0 ? 401 : 404,
                Code = $"code-{i}",
            });
        }

        batch.All.Count().ShouldBe(2 * (AuditBatch.MaxTargets + 1));
        batch.All.Sum(static e => e.Calls ?? 1).ShouldBe(200);
        batch.All.Max(static e => AuditJson.Write(e.Entry, "n", e.Calls).Length).ShouldBeLessThan(5_000);
    }

    private static HubAuditEntry Refused(string remote, string stream, int count) => new()
    {
        Kind = HubAuditKind.Refuse,
        At = DateTimeOffset.UnixEpoch,
        Remote = remote,
        Streams = [stream],
        Status = 403,
        Code = "forbidden",
        Count = count,
    };

    private static AuditWriter Writer(AuditQueue queue, EffectiveSettings settings, SseHub hub) => new(
        queue, new AuditStream(settings, hub, GrantedTime.Instance, NullLogger<AuditStream>.Instance), settings, hub, GrantedTime.Instance,
        NullLoggerFactory.Instance);

    private static HubAuditEntry Entry(int place) => new()
    {
        Kind = HubAuditKind.Publish,
        At = DateTimeOffset.UnixEpoch.AddSeconds(place),
        Streams = ["news"],
        Status = 202,
        Count = 1,
    };

    private static EffectiveSettings Settings()
    {
        using var file = new ConfigFile(new
        {
            Audit = new { Stream = true, Events = new[] { "publish" } },
            Auth = new { Tokens = new[] { new { Token = "right-horse-battery-staple", Subject = "ann", Grants = new[] { "all" } } } },
        });
        return EffectiveSettings.Read(ConfigurationTree.Load(file.Path, new Dictionary<string, string?>()));
    }
}
