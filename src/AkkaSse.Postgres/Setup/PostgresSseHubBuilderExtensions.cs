using AkkaSse.Postgres;
using Microsoft.Extensions.Logging;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Chooses the engine on PostgreSQL.</summary>
public static class PostgresSseHubBuilderExtensions
{
    /// <summary>Many nodes on one database, with the defaults of <see cref="PostgresOptions"/>.</summary>
    /// <param name="builder">What <c>AddSseHub</c> returned.</param>
    /// <param name="connectionString">In Npgsql's form. It is never logged.</param>
    /// <exception cref="ArgumentException">The connection string is none; the message does not repeat it.</exception>
    /// <exception cref="InvalidOperationException">An engine was chosen before.</exception>
    public static ISseHubBuilder UsePostgres(this ISseHubBuilder builder, string connectionString) =>
        builder.UsePostgres(new PostgresOptions { ConnectionString = connectionString });

    /// <summary>Many nodes on one database.</summary>
    /// <param name="builder">What <c>AddSseHub</c> returned.</param>
    /// <param name="options">Checked here and not when the first event is published.</param>
    /// <exception cref="ArgumentException">The options are invalid; the message lists every fault.</exception>
    /// <exception cref="InvalidOperationException">An engine was chosen before.</exception>
    public static ISseHubBuilder UsePostgres(this ISseHubBuilder builder, PostgresOptions options)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(options);
        options.ThrowIfInvalid(nameof(options));
        return builder.UseEngine(provider => new PostgresEngine(options, provider.GetService<ILogger<PostgresEngine>>()));
    }
}
