using AkkaSse.Engine.Specs;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Postgres.Tests.Support;
using AkkaSse.Testing;

namespace AkkaSse.Postgres.Tests;

/// <summary>The schema is made by the nodes themselves, once, and a database that cannot hold it is refused with the reason.</summary>
[Collection(SharedServerCollection.Name)]
public sealed class SchemaTests(SharedServer shared) : IAsyncLifetime
{
    private readonly PostgresHarness _harness = new(shared.Server);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _harness.DisposeAsync();

    [Fact]
    public async Task Nodes_that_start_together_on_an_empty_database_make_the_schema_once()
    {
        await _harness.DatabaseAsync();
        var nodes = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(async () => await _harness.StartNodeAsync($"n{i}"))));
        (await ScalarAsync("select string_agg(version::text, ' ' order by version) from akkasse.migrations")).ShouldBe("1");
        (await Task.WhenAll(nodes.Select(static n => n.AppendAsync("s", "x")))).Select(static r => r.Position.Offset).Order()
            .ShouldBe([1, 2, 3, 4, 5, 6, 7, 8]);
        (await nodes[0].Engine.Nodes.ListAsync(default)).Count.ShouldBe(8);
        foreach (var node in nodes) await node.DisposeAsync();
    }

    [Fact]
    public async Task Migration_waits_for_the_advisory_lock_and_goes_on_when_it_is_free()
    {
        var database = await _harness.DatabaseAsync();
        await using var other = await shared.Server.ConnectAsync(database);
        await using var transaction = await other.BeginTransactionAsync();
        await using (var command = new Npgsql.NpgsqlCommand($"select pg_advisory_xact_lock({PgNames.SchemaLock})", other))
            await command.ExecuteScalarAsync();
        var starting = Task.Run(async () => await _harness.StartNodeAsync());
        await Eventually.Until(
            async () => await ScalarAsync(
            "select count(*) from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database " +
            "where datname = current_database())") is 1L, "the node to wait for the lock");
        (await ScalarAsync("select count(*) from information_schema.schemata where schema_name = 'akkasse'")).ShouldBe(0L);
        await transaction.RollbackAsync();
        await using var node = await Eventually.Within(starting, "the node to be ready");
        (await node.AppendAsync("s", "x")).Status.ShouldBe(PublishStatus.Accepted);
    }

    [Fact]
    public async Task Schema_of_a_newer_program_is_refused_with_the_reason_and_left_as_it_is()
    {
        await (await _harness.StartNodeAsync()).DisposeAsync();
        await ScalarAsync("insert into akkasse.migrations (version) values (2)");
        await ShouldBeRefusedAsync(await _harness.DatabaseAsync(), "the schema akkasse has version 2, this program knows 1");
        (await ScalarAsync("select count(*) from akkasse.streams")).ShouldBe(0L);
    }

    [Fact]
    public async Task Database_in_another_encoding_is_refused_with_the_reason()
    {
        var database = $"ascii_{await _harness.DatabaseAsync()}";
        await shared.Server.ExecuteAsync("postgres", $"create database {database} encoding 'SQL_ASCII' template template0");
        await ShouldBeRefusedAsync(database, "the database's encoding is SQL_ASCII");
    }

    [Fact]
    public async Task Names_are_stored_exactly()
    {
        await using var a = await _harness.StartNodeAsync("a");
        await using var b = await _harness.StartNodeAsync("b");
        // Composed and decomposed, of either case, with blanks, with what LIKE and paths take for something else, and the longest.
        string[] names = ["\u00e9", "e\u0301", "a", "A", "a ", " a", "%", "_", "\\", "'", "\ud83d\ude00", new string('\u00e9', 128)];
        foreach (var (i, name) in names.Index())
            (await a.AppendAsync(name, $"{i}")).Position.Offset.ShouldBe(1, $"'{name}' is a stream of its own");
        foreach (var (i, name) in names.Index()) (await b.ReadAllAsync(name)).ShouldBe([$"{i}"]);
        (await b.Directory.ListAsync()).OrThrow().Items.Select(static s => s.Name).ShouldBe(names, ignoreOrder: true);
        foreach (var name in names) (await b.Directory.ListAsync(prefix: name)).OrThrow().Items.ShouldContain(s => s.Name == name);
        (await b.Directory.ListAsync(prefix: "%")).OrThrow().Items.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Listening_has_a_connection_of_its_own_outside_the_pool_with_its_own_connection_string()
    {
        var database = await _harness.DatabaseAsync();
        await shared.Server.ExecuteAsync("postgres", "create role ears login superuser");
        await using var harness = new PostgresHarness(shared.Server, change: o => new PostgresOptions
        {
            ConnectionString = shared.Server.ConnectionString(database),
            ListenConnectionString = shared.Server.ConnectionString(database).Replace(
                "Username=hub", "Username=ears", StringComparison.Ordinal),
        });
        await using var a = await harness.StartNodeAsync("a");
        await using var b = await harness.StartNodeAsync("b");
        await a.AppendAsync("s", "0");
        using var deadline = Eventually.Limit();
        await using var reader = b.Hub.ListenAsync("s", StartPosition.Earliest, deadline.Token).GetAsyncEnumerator(deadline.Token);
        (await reader.MoveNextAsync()).ShouldBeTrue();
        await a.AppendAsync("s", "1");
        (await reader.MoveNextAsync()).ShouldBeTrue();
        const string sessions =
            "select string_agg(distinct usename || ' ' || application_name, ', ' order by usename || ' ' || application_name) from " +
            "pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";
        (await shared.Server.ExecuteAsync(database, sessions)).ShouldBe("ears akkasse-listen, hub akkasse");
        (await shared.Server.ExecuteAsync(
            database, "select count(*) from pg_stat_activity where usename = 'ears' and datname = current_database()")).ShouldBe(2L,
            "one per node");
    }

    private async Task<object?> ScalarAsync(string sql) => await shared.Server.ExecuteAsync(await _harness.DatabaseAsync(), sql);

    private async Task ShouldBeRefusedAsync(string database, string reason)
    {
        var engine = new PostgresEngine(new PostgresOptions { ConnectionString = shared.Server.ConnectionString(database) });
        await using var hub = new SseHub(new HubOptions { NodeName = "refused", AutoCreate = true }, engine);

        var fault = await Should.ThrowAsync<EngineStartException>(() => hub.StartAsync());

        fault.Message.ShouldContain(reason);
        fault.Option.ShouldBe(nameof(PostgresOptions.ConnectionString));
        engine.State.ShouldNotBe(EngineState.Ready);
    }
}
