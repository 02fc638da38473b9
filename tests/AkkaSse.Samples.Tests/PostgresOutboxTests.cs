using System.Net;
using AkkaSse.Postgres.Tests.Support;
using AkkaSse.Samples.Tests.Support;
using AkkaSse.Server.Tests.Support;
using AkkaSse.Testing;

namespace AkkaSse.Samples.Tests;

[Trait("speed", "slow")]
public sealed class PostgresOutboxTests
{
    [PostgresFact]
    public async Task Order_that_is_rolled_back_publishes_nothing()
    {
        await using var postgres = await PostgresServer.StartNewAsync();
        var database = await postgres.CreateDatabaseAsync();
        await using var sample = await RunningSample.StartAsync(
            "PostgresOutbox", ("ConnectionStrings__Shop", postgres.ConnectionString(database)));
        await using var reader = await sample.ReadAsync("/orders/events");
        await reader.NextAsync("hub.open");

        (await OrderAsync(sample, 3)).ShouldBe(HttpStatusCode.OK);
        // More than there is: the event was handed to akkasse.publish, and the transaction rolled back after that.
        (await OrderAsync(sample, 100)).ShouldBe(HttpStatusCode.Conflict);
        (await OrderAsync(sample, 7)).ShouldBe(HttpStatusCode.OK);

        var first = await reader.NextAsync("placed");
        var second = await reader.NextAsync("placed");
        first.Data.ShouldBe("""{"number":1,"article":"lamp","quantity":3}""");
        second.Data.ShouldBe("""{"number":3,"article":"lamp","quantity":7}""");
        (first.Id.ShouldNotBeNull().Split('-')[0], second.Id.ShouldNotBeNull().Split('-')[0]).ShouldBe(("1", "2"));
        Task<object?> CountAsync(string table) => postgres.ExecuteAsync(database, $"select count(*) from akkasse.{table}");
        await Eventually.Until(async () => await CountAsync("outbox") is 0L, "the outbox to be empty");
        (await CountAsync("events")).ShouldBe(2L);
        (await CountAsync("outbox_refused")).ShouldBe(0L);
        (await sample.Http.GetStringAsync("/stock/lamp")).ShouldBe("""{"article":"lamp","amount":0}""");
    }

    private static async Task<HttpStatusCode> OrderAsync(RunningSample sample, int quantity) =>
        (await sample.PostAsync($"/orders?article=lamp&quantity={quantity}")).StatusCode;

    private sealed class PostgresFactAttribute : FactAttribute
    {
        public PostgresFactAttribute() => Skip = PostgresServer.Programs is null ? "PostgreSQL is missing" : null!;
    }
}
