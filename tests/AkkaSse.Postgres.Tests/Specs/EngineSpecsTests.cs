using AkkaSse.Engine.Specs;
using AkkaSse.Hub;
using AkkaSse.Postgres.Tests.Support;
using AkkaSse.Testing;

namespace AkkaSse.Postgres.Tests.Specs;

[Collection(SharedServerCollection.Name)]
public sealed class PostgresStreamTests(SharedServer shared) : StreamSpecs
{
    protected override IEngineHarness CreateHarness() => new PostgresHarness(shared.Server);
}

[Collection(SharedServerCollection.Name)]
public sealed class PostgresNamespaceTests(SharedServer shared) : NamespaceSpecs
{
    protected override IEngineHarness CreateHarness() => new PostgresHarness(shared.Server);

    // The database is asked for their number every 10 s.
    [Fact]
    public async Task Streams_that_are_created_one_after_the_other_stop_at_the_limit()
    {
        const int Max = 40;
        await using var node = await Harness.StartNodeAsync(configure: static o =>
            o.Namespaces["t/"] = new NamespaceOptions { MaxStreams = Max });
        await node.AppendAsync("t/first", "1");

        var created = 1;
        for (var i = 0; i < 2 * Max; i++)
        {
            if ((await node.Directory.CreateAsync($"t/{i}")).Status == CreateStreamStatus.Created) created++;
        }

        created.ShouldBe(Max);
    }
}

[Collection(SharedServerCollection.Name)]
public sealed class PostgresReadTests(SharedServer shared) : ReadSpecs
{
    protected override IEngineHarness CreateHarness() => new PostgresHarness(shared.Server);
}

[Collection(SharedServerCollection.Name)]
public sealed class PostgresIdempotencyTests(SharedServer shared) : IdempotencySpecs
{
    protected override IEngineHarness CreateHarness() => new PostgresHarness(shared.Server);
}

[Collection(SharedServerCollection.Name)]
public sealed class PostgresTimeTests(SharedServer shared) : EngineTimeSpecs
{
    protected override IEngineHarness CreateHarness() => new PostgresHarness(shared.Server, new ManualTimeProvider());
}

[Collection(SharedServerCollection.Name)]
public sealed class PostgresClaimTests(SharedServer shared) : ClaimSpecs
{
    protected override IEngineHarness CreateHarness() => new PostgresHarness(shared.Server);
}

[Collection(SharedServerCollection.Name)]
public sealed class PostgresValueTests(SharedServer shared) : ValueSpecs
{
    protected override IEngineHarness CreateHarness() => new PostgresHarness(shared.Server);
}

[Collection(SharedServerCollection.Name)]
public sealed class PostgresNodeTests(SharedServer shared) : NodeSpecs
{
    protected override IEngineHarness CreateHarness() => new PostgresHarness(shared.Server);
}

[Collection(SharedServerCollection.Name)]
public sealed class PostgresClusterTests(SharedServer shared) : ClusterSpecs
{
    protected override IEngineHarness CreateHarness() => new PostgresHarness(shared.Server);
}
