using AkkaSse.Hub.Engine;
using AkkaSse.Testing;

namespace AkkaSse.Hub.Tests.Streams;

/// <summary>What a namespace takes it takes from itself.</summary>
public sealed class NamespaceTests
{
    private const int MiB = 1 << 20;

    [Theory]
    [InlineData("chat/a", "chat/")]
    [InlineData("chat/vip/a", "chat/vip/")]
    [InlineData("chat/vip", "chat/")]
    [InlineData("tenant-a.x", "tenant-a.")]
    [InlineData("tenant-ab", null)]
    [InlineData("chat", null)]
    [InlineData("Chat/a", null)]
    [InlineData("$zone/chat/", "chat/")]
    [InlineData("$zone/chat/vip/a", "chat/vip/")]
    [InlineData("$zone/lobby", null)]
    [InlineData("$all", null)]
    public void Longest_prefix_decides(string stream, string? expected)
    {
        var options = new HubOptions();
        foreach (var prefix in new[] { "chat/", "chat/vip/", "tenant-a.", "z" }) options.Namespaces[prefix] = new NamespaceOptions();
        options.NamespaceOf(stream)?.Prefix.ShouldBe(expected);
        (options.NamespaceOf(stream) is null).ShouldBe(expected is null);
        options.DefaultsOf(stream).ShouldBeSameAs(stream[0] == '$' ? options.ZoneStreams : options.StreamDefaults);
    }

    [Fact]
    public void Faults_name_the_prefix()
    {
        var options = new HubOptions();
        options.Namespaces["a b."] = new NamespaceOptions { MaxStreams = 0, StreamDefaults = new StreamOptions { MaxEvents = 0 } };
        options.Namespaces["$x"] = new NamespaceOptions();
        options.Namespaces["t/"] = new NamespaceOptions { MaxReaders = 0, MaxLogBytes = MiB - 1 };
        options.Namespaces["T/"] = new NamespaceOptions();
        options.Namespaces["n/"] = null!;
        options.Validate().ShouldBe(
        [
            "Namespaces[\"a b.\"].StreamDefaults.MaxEvents is 0; 1 to 100000000 are allowed.",
            "Namespaces[\"a b.\"].MaxStreams is 0; 1 to 10000000 are allowed, or null.",
            "Namespaces[\"$x\"] is no prefix of names. Names beginning with '$' are reserved.",
            "Namespaces[\"t/\"].MaxReaders is 0; at least 1 is needed, or null.",
            "Namespaces[\"t/\"].MaxLogBytes is 1048575; at least 1048576 is needed, or null.",
            "Namespaces[\"n/\"] is null; options are needed, new NamespaceOptions() for example.",
            "Namespaces has 't/' and 'T/', which differ in case only; one of them is allowed.",
        ]);
    }

    [Fact]
    public async Task Bytes_of_one_namespace_and_of_streams_outside_cost_another_namespace_nothing()
    {
        await using var hub = await TestHub.StartAsync(static o =>
        {
            o.MaxLogBytes = 4 * MiB;
            o.Namespaces["ann/"] = new NamespaceOptions { MaxLogBytes = MiB };
            o.Namespaces["eve/"] = new NamespaceOptions { MaxLogBytes = MiB };
        });
        var large = new string('x', 64 << 10);
        await hub.PublishAsync("ann/a", "first");
        for (var i = 0; i < 6; i++) await hub.PublishAsync("ann/a", large);
        for (var i = 0; i < 40; i++) await hub.PublishAsync($"eve/{i % 4}", large);
        // Six times what the node may have, in streams with a single chunk each: nothing of them can be trimmed but the whole.
        for (var i = 0; i < 24; i++) await hub.PublishAsync($"out-{i}", new string('x', MiB - 1_000));
        // Each needs a chunk of its own, when the node is beyond its bound.
        for (var i = 0; i < 6; i++) await hub.PublishAsync("ann/a", large);
        hub.Clock.Advance(TimeSpan.FromSeconds(2));

        (await BytesAsync(hub, "eve/")).ShouldBeLessThanOrEqualTo(MiB);
        hub.Hub.Load.LogBytes.ShouldBeLessThanOrEqualTo(4 * MiB);
        var history = await hub.Hub.Streams.ReadAsync("ann/a");
        history.State.ShouldBe(HistoryState.Complete);
        (history.Events.Count, history.Events[0].Event.Data).ShouldBe((13, "first"));
    }

    [Fact]
    public async Task Namespace_of_many_streams_with_one_large_event_each_stays_within_its_bound()
    {
        await using var hub = await TestHub.StartAsync(static o => o.Namespaces["eve/"] = new NamespaceOptions { MaxLogBytes = MiB });
        await using var reader = await hub.ReadAsync("eve/3");
        for (var i = 0; i < 8; i++) await hub.PublishAsync($"eve/{i}", new string('x', MiB / 2));
        hub.Clock.Advance(TimeSpan.FromSeconds(2));

        (await BytesAsync(hub, "eve/")).ShouldBeLessThanOrEqualTo(MiB);
        // What lost all of its events goes on with the next.
        for (var i = 0; i < 8; i++)
        {
            (await hub.PublishAsync($"eve/{i}", "next")).Position.Offset.ShouldBe(2);
            (await hub.Hub.Streams.ReadAsync($"eve/{i}")).Events[^1].Event.Data.ShouldBe("next");
        }
    }

    [Fact]
    public async Task Beyond_the_bound_of_the_node_a_namespace_within_its_own_gives_last_and_then_too()
    {
        await using var hub = await TestHub.StartAsync(static o =>
        {
            o.MaxLogBytes = MiB;
            o.Namespaces["ann/"] = new NamespaceOptions { MaxLogBytes = 4 * MiB };
        });
        var large = new string('x', 64 << 10);
        for (var i = 0; i < 32; i++) await hub.PublishAsync("ann/a", large);
        await hub.PublishAsync("out", large);
        hub.Clock.Advance(TimeSpan.FromSeconds(2));

        hub.Hub.Load.LogBytes.ShouldBeLessThanOrEqualTo(MiB);
        (await BytesAsync(hub, "out")).ShouldBe(0);
        (await BytesAsync(hub, "ann/")).ShouldBeGreaterThan(MiB / 4);
    }

    [Fact]
    public async Task Readers_of_a_namespace_are_bounded_together_and_give_their_places_back()
    {
        await using var hub = await TestHub.StartAsync(static o =>
        {
            o.Namespaces["eve/"] = new NamespaceOptions { MaxReaders = 4, StreamDefaults = new StreamOptions { MaxSubscribers = 2 } };
            o.Namespaces["ann/"] = new NamespaceOptions { MaxReaders = 1 };
        });
        await using var first = await hub.ReadAsync(new SubscribeRequest { Streams = [new("eve/1"), new("eve/2")], Ids = WireIds.Token });
        var second = await hub.ReadAsync("eve/1");
        var third = await hub.ReadAsync("eve/3");
        (await RefusedAsync(hub, "eve/4")).ShouldBe("The namespace 'eve/' has as many readers here as it may.");
        (await RefusedAsync(hub, "out", "eve/4")).ShouldBe("The namespace 'eve/' has as many readers here as it may.");
        await using var outside = await hub.ReadAsync("out");
        await using var ann = await hub.ReadAsync("ann/1");
        (await RefusedAsync(hub, "ann/2")).ShouldBe("The namespace 'ann/' has as many readers here as it may.");

        await second.DisposeAsync();
        await third.DisposeAsync();
        await Eventually.Until(() => hub.Hub.Load.Connections == 3, "two readers to leave");
        await using var fourth = await hub.ReadAsync("eve/1");
        (await RefusedAsync(hub, "eve/1")).ShouldBe("The stream 'eve/1' has as many readers here as it may.");
        // Whom the stream refuses takes no place of the namespace.
        await using var fifth = await hub.ReadAsync("eve/5");
        (await RefusedAsync(hub, "eve/6")).ShouldBe("The namespace 'eve/' has as many readers here as it may.");
    }

    private static async Task<string?> RefusedAsync(TestHub hub, params string[] streams)
    {
        var request = new SubscribeRequest
        {
            Streams = [.. streams.Select(static s => new StreamSubscription(s))],
            Ids = WireIds.Token,
        };
        var admission = await hub.Hub.ConnectAsync(request, CancellationToken.None);
        // A connection that is left open would keep the hub from ending.
        if (admission.Connection is { } open) await open.DisposeAsync();
        admission.Status.ShouldBe(AdmissionStatus.LimitReached);
        return admission.Error;
    }

    private static async Task<long> BytesAsync(TestHub hub, string prefix) =>
        (await hub.Hub.Streams.ListAsync(prefix)).OrThrow().Items.Sum(static s => s.Bytes);
}
