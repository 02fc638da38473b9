using System.Text.Json;
using Npgsql;

namespace PostgresOutbox;

/// <summary>Takes orders. An order, the stock that it takes and its event are one transaction: all of them are there, or none is.</summary>
internal sealed class Shop(NpgsqlDataSource database)
{
    internal const string Stream = "orders";

    /// <summary>Creates the shop's own tables, with ten lamps in stock.</summary>
    internal async Task CreateTablesAsync(CancellationToken cancellation = default)
    {
        await using var command = database.CreateCommand(
            """
            create table if not exists stock (article text primary key, amount int not null check (amount >= 0));
            create table if not exists orders (
                number bigint generated always as identity primary key, article text not null, quantity int not null check (quantity > 0));
            insert into stock values ('lamp', 10) on conflict do nothing;
            """);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Orders; the number of the order, or null when there is not enough in stock.</summary>
    internal async Task<long?> OrderAsync(string article, int quantity, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        try
        {
            var number = (long)(await ExecuteAsync(
                connection, "insert into orders (article, quantity) values ($1, $2) returning number", cancellation, article, quantity))!;

            // Called before the stock is known: the event is delivered if and only if the transaction commits.
            var data = JsonSerializer.Serialize(new { number, article, quantity });
            await ExecuteAsync(connection, "select akkasse.publish($1, $2, $3)", cancellation, Stream, "placed", data);

            const string take = "update stock set amount = amount - $2 where article = $1 returning amount";
            if (await ExecuteAsync(connection, take, cancellation, article, quantity) is null) return null;

            await transaction.CommitAsync(cancellation);
            return number;
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.CheckViolation)
        {
            // Without a commit the end of this method rolls back: there is no order and no event.
            return null;
        }
    }

    /// <summary>The amount in stock, or null for an unknown article.</summary>
    internal async Task<int?> StockAsync(string article, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return (int?)await ExecuteAsync(connection, "select amount from stock where article = $1", cancellation, article);
    }

    private static async Task<object?> ExecuteAsync(
        NpgsqlConnection connection, string sql, CancellationToken cancellation, params object[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var parameter in parameters) command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        return await command.ExecuteScalarAsync(cancellation);
    }
}
