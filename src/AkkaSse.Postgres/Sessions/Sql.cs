using Npgsql;
using NpgsqlTypes;

namespace AkkaSse.Postgres.Sessions;

/// <summary>Commands with positional parameters.</summary>
internal static class Sql
{
    internal static NpgsqlCommand Command(this NpgsqlConnection connection, string sql, params object?[] parameters)
    {
        var command = new NpgsqlCommand(sql, connection);
        Add(command.Parameters, parameters);
        return command;
    }

    internal static NpgsqlBatch Add(this NpgsqlBatch batch, string sql, params object?[] parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        Add(command.Parameters, parameters);
        batch.BatchCommands.Add(command);
        return batch;
    }

    internal static async Task<int> ExecuteAsync(
        this NpgsqlConnection connection, string sql, CancellationToken cancellation, params object?[] parameters)
    {
        var command = connection.Command(sql, parameters);
        await using (command.ConfigureAwait(false)) return await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
    }

    internal static async Task<object?> ScalarAsync(
        this NpgsqlConnection connection, string sql, CancellationToken cancellation, params object?[] parameters)
    {
        var command = connection.Command(sql, parameters);
        await using (command.ConfigureAwait(false))
        {
            return await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false) is var value && value is DBNull ? null : value;
        }
    }

    internal static string? Text(this NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    internal static long? Long(this NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetInt64(column);

    // A null has no type of its own: it is a text, or comes as a typed value.
    private static void Add(NpgsqlParameterCollection to, object?[] parameters)
    {
        // One array of texts is one parameter: the language takes it for the list of them.
        if (parameters is string?[] texts) parameters = [texts];
        foreach (var value in parameters)
        {
            to.Add(value switch
            {
                null => new NpgsqlParameter { Value = DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
                NpgsqlParameter own => own,
                _ => new NpgsqlParameter { Value = value },
            });
        }
    }

    internal static NpgsqlParameter Nullable(long? value) =>
        new() { Value = value is { } v ? v : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint };
}
