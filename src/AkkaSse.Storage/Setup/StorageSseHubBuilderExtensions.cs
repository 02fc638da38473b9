using System.Diagnostics.CodeAnalysis;
using AkkaSse.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Chooses the engine with a data directory: one node, whose streams outlive the process.</summary>
/// <remarks>
/// The options are <see cref="IOptions{TOptions}"/> of <see cref="StorageOptions"/>: what the application configures besides
/// (<c>services.Configure&lt;StorageOptions&gt;(…)</c>) holds too. The host checks them when it starts, and throws one
/// <see cref="OptionsValidationException"/> that lists every fault.
/// </remarks>
public static class StorageSseHubBuilderExtensions
{
    /// <summary>Chooses the engine, with a directory.</summary>
    /// <param name="builder">What <c>AddSseHub</c> returned.</param>
    /// <param name="directory">The directory in which streams are kept; it is made when it does not exist.</param>
    /// <param name="configure">Sets further options.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="InvalidOperationException">An engine was chosen before.</exception>
    public static ISseHubBuilder UseStorage(
        this ISseHubBuilder builder, string directory, Action<StorageOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(directory);
        var options = Use(builder).Configure(o => o.Directory = directory);
        if (configure is not null) options.Configure(configure);
        return builder;
    }

    /// <summary>Chooses the engine, with options that are set in code.</summary>
    /// <param name="builder">What <c>AddSseHub</c> returned.</param>
    /// <param name="configure">Sets options.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="InvalidOperationException">An engine was chosen before.</exception>
    public static ISseHubBuilder UseStorage(this ISseHubBuilder builder, Action<StorageOptions> configure)
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
    public static ISseHubBuilder UseStorage(this ISseHubBuilder builder, Action<StorageOptions, IServiceProvider> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        Use(builder).Configure(configure);
        return builder;
    }

    /// <summary>Chooses the engine, with options from a section of the configuration.</summary>
    /// <param name="builder">What <c>AddSseHub</c> returned.</param>
    /// <param name="configuration">
    /// The section, like <c>builder.Configuration.GetSection("Storage")</c>. Durations are written like <c>15s</c> or <c>00:00:15</c>. A
    /// key that is no option, null where an option has none, and a value that cannot be read are faults of the options.
    /// </param>
    /// <returns>The same builder.</returns>
    /// <exception cref="InvalidOperationException">An engine was chosen before.</exception>
    [RequiresUnreferencedCode("Options are read by reflection.")]
    public static ISseHubBuilder UseStorage(this ISseHubBuilder builder, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        Use(builder).BindSseHubSection(configuration);
        return builder;
    }

    private static OptionsBuilder<StorageOptions> Use(ISseHubBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.UseEngine(static provider => new StorageEngine(
            provider.GetRequiredService<IOptions<StorageOptions>>().Value, provider.GetService<ILogger<StorageEngine>>()));
        return builder.Services.AddSseHubOptions<StorageOptions>(static o => o.Validate());
    }
}
