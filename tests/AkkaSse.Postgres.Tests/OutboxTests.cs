using AkkaSse.Hub;
using AkkaSse.Postgres.Tests.Support;
using AkkaSse.Testing;
using Npgsql;

namespace AkkaSse.Postgres.Tests;

/// <summary>Publishing from applications' own transactions: rights, and what others do to the sequencer.</summary>
[Collection(SharedServerCollection.Name)]
public sealed class OutboxTests(SharedServer shared) : IAsyncLifetime
{
    private readonly PostgresHarness _harness = new(shared.Server);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _harness.DisposeAsync();

    [Fact]
    public async Task Application_publishes_with_the_right_to_do_that_alone()
    {
        await using var node = await _harness.StartNodeAsync();
        var database = await _harness.DatabaseAsync();
        var role = $"shop_{database}";
        await shared.Server.ExecuteAsync(database, $"create role {role} login");
        await using var shop = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(
            shared.Server.ConnectionString(database)) { Username = role, Pooling = false }.ConnectionString);
        await shop.OpenAsync();
        const string publish = "select akkasse.publish('s', 't', 'x')";
        (await Should.ThrowAsync<PostgresException>(() => ScalarAsync(shop, publish))).SqlState.ShouldBe(
            PostgresErrorCodes.InsufficientPrivilege);
        await shared.Server.ExecuteAsync(database, $"grant usage on schema akkasse to {role}");
        (await Should.ThrowAsync<PostgresException>(() => ScalarAsync(shop, publish))).SqlState.ShouldBe(
            PostgresErrorCodes.InsufficientPrivilege);
        await shared.Server.ExecuteAsync(
            database, $"grant execute on function akkasse.publish(text, text, text, text, text, interval) to {role}");
        // A function of the caller's in his search path is not called by the one that runs with the owner's rights.
        await ScalarAsync(shop, "create function pg_temp.gen_random_uuid() returns uuid language sql as $$ select null::uuid $$");
        (await ScalarAsync(shop, publish)).ShouldBeOfType<Guid>();
        await Eventually.Until(async () => (await node.ReadAllAsync("s")).Count == 1, "the event");
        foreach (var table in new[] { "outbox", "events", "streams", "outbox_refused", "kv", "claims" })
            (await Should.ThrowAsync<PostgresException>(
                () => ScalarAsync(shop, $"select count(*) from akkasse.{table}"))).SqlState.ShouldBe(
                PostgresErrorCodes.InsufficientPrivilege);
    }

    [Fact]
    public async Task Rows_of_a_locked_stream_hold_up_no_other_however_many_they_are()
    {
        await using var node = await _harness.StartNodeAsync();
        var database = await _harness.DatabaseAsync();
        await node.AppendAsync("locked", "first");
        await using var other = await shared.Server.ConnectAsync(database);
        await using var transaction = await other.BeginTransactionAsync();
        await ScalarAsync(other, "select 1 from akkasse.streams where name = 'locked' for update");
        await shared.Server.ExecuteAsync(database, "select count(akkasse.publish('locked', 't', i::text)) from generate_series(1, 1500) i");
        await shared.Server.ExecuteAsync(database, "select akkasse.publish('free', 't', 'x')");
        await Eventually.Until(async () => (await node.ReadAllAsync("free")).Count == 1, "the row of the other stream");
        await transaction.RollbackAsync();
        await Eventually.Until(
            async () => (await shared.Server.ExecuteAsync(database, "select count(*) from akkasse.outbox")) is 0L, "the rest");
        (await node.ReadAllAsync("locked")).ShouldBe(["first", .. Enumerable.Range(1, 1500).Select(static i => $"{i}")]);
    }

    [Fact]
    public async Task Row_that_the_hub_must_refuse_is_kept_with_the_reason_and_holds_up_no_other()
    {
        await using var node = await _harness.StartNodeAsync(configure: static o => (o.AutoCreate, o.MaxEventBytes) = (false, 100));
        var database = await _harness.DatabaseAsync();
        await node.Directory.CreateAsync("s", null);
        await shared.Server.ExecuteAsync(
            database, "select akkasse.publish('none', 't', 'x'), akkasse.publish('s', 't', repeat('x', 101)), akkasse.publish('s', 't', " +
                "'\\xff'::bytea), akkasse.publish('s', 't', 'fine')");
        await Eventually.Until(async () => (await node.ReadAllAsync("s")).Count == 1, "the row that may be published");
        (await node.ReadAllAsync("s")).ShouldBe(["fine"]);
        await Eventually.Until(
            async () => (await shared.Server.ExecuteAsync(database, "select count(*) from akkasse.outbox_refused")) is 3L,
            "three refusals");
        var reasons = (string)(await shared.Server.ExecuteAsync(database, "select string_agg(reason, '|') from akkasse.outbox_refused"))!;
        reasons.ShouldSatisfyAllConditions(
            r => r.ShouldContain("does not exist"), r => r.ShouldContain("at most 100"), r => r.ShouldContain("UTF-8"));
    }

    [Fact]
    public async Task Rows_of_large_data_are_moved_a_few_at_a_time()
    {
        await using var node = await _harness.StartNodeAsync(configure: static o => o.MaxEventBytes = 8 << 20);
        var database = await _harness.DatabaseAsync();
        await shared.Server.ExecuteAsync(
            database, "select count(akkasse.publish('s', 't', repeat(i::text, 3000000))) from generate_series(1, 6) i");
        await Eventually.Until(
            async () => (await shared.Server.ExecuteAsync(database, "select count(*) from akkasse.outbox")) is 0L, "the rows to be moved");
        (await shared.Server.ExecuteAsync(
            database, "select string_agg(substr(convert_from(data, 'UTF8'), 1, 1), '' order by \"offset\") from " +
                "akkasse.events")).ShouldBe("123456");
    }

    private static async Task<object?> ScalarAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
