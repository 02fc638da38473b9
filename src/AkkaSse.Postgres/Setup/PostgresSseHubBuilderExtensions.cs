using System.Diagnostics.CodeAnalysis;
using AkkaSse.Postgres;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Chooses the engine on PostgreSQL: many nodes on one database.</summary>
/// <remarks>
/// The options are <see cref="IOptions{TOptions}"/> of <see cref="PostgresOptions"/>: what the application configures besides
/// (<c>services.Configure&lt;PostgresOptions&gt;(…)</c>) holds too. The host checks them when it starts, and throws one
/// <see cref="OptionsValidationException"/> that lists every fault and repeats no connection string.
/// </remarks>
public static class PostgresSseHubBuilderExtensions
{
    /// <summary>Chooses the engine, with a connection string.</summary>
    /// <param name="builder">What <c>AddSseHub</c> returned.</param>
    /// <param name="connectionString">In Npgsql's form. It is never logged.</param>
    /// <param name="configure">Sets further options.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="InvalidOperationException">An engine was chosen before.</exception>
    public static ISseHubBuilder UsePostgres(
        this ISseHubBuilder builder, string connectionString, Action<PostgresOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(connectionString);
        var options = Use(builder).Configure(o => o.ConnectionString = connectionString);
        if (configure is not null) options.Configure(configure);
        return builder;
    }

    /// <summary>Chooses the engine, with options that are set in code.</summary>
    /// <param name="builder">What <c>AddSseHub</c> returned.</param>
    /// <param name="configure">Sets options.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="InvalidOperationException">An engine was chosen before.</exception>
    public static ISseHubBuilder UsePostgres(this ISseHubBuilder builder, Action<PostgresOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        Use(builder).Configure(configure);
        return builder;
    }

    /// <summary>Chooses the engine, with options that are set in code with the application's services.</summary>
    /// <param name="builder">What <c>AddSseHub</c> returned.</param>
    /// <param name="configure">Sets options, when the host starts.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="InvalidOperationException">An engine was chosen before.</exception>
    public static ISseHubBuilder UsePostgres(this ISseHubBuilder builder, Action<PostgresOptions, IServiceProvider> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        Use(builder).Configure(configure);
        return builder;
    }

    /// <summary>Chooses the engine, with options from a section of the configuration.</summary>
    /// <param name="builder">What <c>AddSseHub</c> returned.</param>
    /// <param name="configuration">
    /// The section, like <c>builder.Configuration.GetSection("Postgres")</c>. Durations are written like <c>15s</c> or <c>00:00:15</c>. A
    /// key that is no option, null where an option has none, and a value that cannot be read are faults of the options.
    /// </param>
    /// <returns>The same builder.</returns>
    /// <exception cref="InvalidOperationException">An engine was chosen before.</exception>
    [RequiresUnreferencedCode("Options are read by reflection.")]
    public static ISseHubBuilder UsePostgres(this ISseHubBuilder builder, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        Use(builder).BindSseHubSection(configuration);
        return builder;
    }

    private static OptionsBuilder<PostgresOptions> Use(ISseHubBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.UseEngine(static provider => new PostgresEngine(
            provider.GetRequiredService<IOptions<PostgresOptions>>().Value, provider.GetService<ILogger<PostgresEngine>>()));
        return builder.Services.AddSseHubOptions<PostgresOptions>(static o => o.Validate());
    }
}
