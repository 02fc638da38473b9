using AkkaSse.Engine.Specs;
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
