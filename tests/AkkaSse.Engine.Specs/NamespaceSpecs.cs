using AkkaSse.Hub;

namespace AkkaSse.Engine.Specs;

/// <summary>Options and limits of streams by the prefix of their names.</summary>
public abstract class NamespaceSpecs : EngineSpecs
{
    [Fact]
    public async Task Stream_has_the_options_of_the_longest_prefix_where_it_is_created()
    {
        await using var node = await Harness.StartNodeAsync(configure: static o =>
        {
            o.StreamDefaults = new StreamOptions { MaxEvents = 9 };
            o.Namespaces["t/"] = new NamespaceOptions { StreamDefaults = new StreamOptions { MaxEvents = 5 } };
            o.Namespaces["t/in/"] = new NamespaceOptions { StreamDefaults = new StreamOptions { MaxEvents = 7, Base64 = true } };
            o.Namespaces["t/as/"] = new NamespaceOptions { MaxReaders = 3 };
        });
        foreach (var (name, events) in new[] { ("t/a", 5), ("t/in/a", 7), ("t/as/a", 9), ("t", 9), ("x/t/a", 9) })
        {
            await node.AppendAsync(name, "1");
            (await node.Directory.GetAsync(name)).OrThrow()!.Options.MaxEvents.ShouldBe(events, name);
            (await node.Directory.CreateAsync(name + "-made")).Stream!.Options.MaxEvents.ShouldBe(events, name);
        }
        // Not only what a list says: eight appended, five kept.
        for (var i = 2; i <= 8; i++) await node.AppendAsync("t/a", $"{i}");
        await node.AppendAsync("t/in/a", "x");
        (await node.ReadAllAsync("t/in/a")).ShouldBe(["MQ==", "eA=="]);
        (await node.Directory.GetAsync("t/a")).OrThrow()!.Head.ShouldBe(8);

        await node.Streams.RemoveAsync("t/a", default);
        (await node.AppendAsync("t/a", "9")).Status.ShouldBe(PublishStatus.Accepted);
        (await node.Directory.GetAsync("t/a")).OrThrow()!.Options.MaxEvents.ShouldBe(5, "a stream that comes again");
    }

    [Fact]
    public async Task Namespace_that_has_its_streams_refuses_its_newcomers_and_nobody_else()
    {
        await using var node = await Harness.StartNodeAsync(configure: static o =>
        {
            o.Namespaces["t/"] = new NamespaceOptions { MaxStreams = 2 };
            o.Namespaces["t/in/"] = new NamespaceOptions { MaxStreams = 1 };
        });
        await node.AppendAsync("t/in/a", "1");
        await node.AppendAsync("t/a", "1");
        (await node.Directory.CreateAsync("t/b")).Status.ShouldBe(CreateStreamStatus.Created);
        await CountedAsync(3);

        foreach (var name in new[] { "t/c", "t/in/c" })
        {
            var limit = $"The namespace '{name[..^1]}' has {(name == "t/c" ? 2 : 1)} streams, the most allowed.";
            var refused = await node.AppendAsync(name, "1");
            (refused.Status, refused.Error).ShouldBe((PublishStatus.LimitReached, limit));
            var notCreated = await node.Directory.CreateAsync(name);
            (notCreated.Status, notCreated.Error).ShouldBe((CreateStreamStatus.LimitReached, limit));
            (await node.Directory.ExistsAsync(name)).OrThrow().ShouldBeFalse();
        }
        (await node.AppendAsync("u", "1")).Status.ShouldBe(PublishStatus.Accepted);
        (await node.AppendAsync("t/a", "2")).Status.ShouldBe(PublishStatus.Accepted);
        await CountedAsync(4);

        await node.Streams.RemoveAsync("t/b", default);
        await CountedAsync(3);
        (await node.AppendAsync("t/c", "1")).Status.ShouldBe(PublishStatus.Accepted);
        await CountedAsync(4);
        (await node.AppendAsync("t/b", "1")).Status.ShouldBe(PublishStatus.LimitReached, "a removed stream that comes again counts");
    }

    [Fact]
    public async Task Stream_is_given_no_more_than_its_namespace_has()
    {
        await using var node = await Harness.StartNodeAsync(configure: static o => o.Namespaces["t/"] = new NamespaceOptions
        {
            StreamDefaults = new StreamOptions { MaxEvents = 5, MaxAge = TimeSpan.FromHours(1), MaxSubscribers = 2 },
        });
        var most = node.Hub.Options.Namespaces["t/"].StreamDefaults!;
        foreach (var (wanted, fault) in new[]
        {
            (most with { MaxEvents = 6 }, "MaxEvents is 6; at most 5 is allowed in the namespace 't/'."),
            (most with { MaxBytes = most.MaxBytes + 1 }, "MaxBytes is "),
            (most with { MaxAge = TimeSpan.FromHours(2) }, "MaxAge is 2h; at most 1h is allowed in the namespace 't/'."),
            (most with { MaxSubscribers = null }, "MaxSubscribers is null; at most 2 is allowed in the namespace 't/'."),
            (most with { ConflateMaxKeys = most.ConflateMaxKeys + 1 }, "ConflateMaxKeys is "),
            (most with { ConflateMaxBytes = most.ConflateMaxBytes + 1 }, "ConflateMaxBytes is "),
        })
        {
            var refused = await node.Directory.CreateAsync("t/a", wanted);
            refused.Status.ShouldBe(CreateStreamStatus.Invalid, fault);
            refused.Error.ShouldNotBeNull().ShouldStartWith(fault);
            (await node.Directory.ExistsAsync("t/a")).OrThrow().ShouldBeFalse();
            (await node.Directory.CreateAsync("u", wanted)).Status.ShouldNotBe(CreateStreamStatus.Invalid, fault);
        }
        var own = most with { MaxEvents = 4, Ids = StreamIds.Caller, SlowReader = SlowReaderPolicy.Conflate, Ttl = TimeSpan.FromDays(2) };
        (await node.Directory.CreateAsync("t/a", own)).Status.ShouldBe(CreateStreamStatus.Created);
        (await node.Directory.CreateAsync("t/a", own with { MaxEvents = 6 })).Status.ShouldBe(CreateStreamStatus.Invalid);
        (await node.Directory.GetAsync("t/a")).OrThrow()!.Options.ShouldBe(own);
    }
}
