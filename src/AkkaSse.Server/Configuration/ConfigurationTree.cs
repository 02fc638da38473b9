using AkkaSse.Server.Audit;
using AkkaSse.Server.Limits;
using AkkaSse.Server.Security;
using Microsoft.Extensions.Configuration.EnvironmentVariables;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.Configuration.Memory;

namespace AkkaSse.Server.Configuration;

/// <summary>The configuration and where each value comes from.</summary>
/// <remarks>
/// Later wins: appsettings.json beside the program, the environment's appsettings, appsettings.json in the working directory, --config, the
/// usual variables of ASP.NET Core, variables with the prefix AKKASSE_, the command line.
/// </remarks>
internal sealed class ConfigurationTree
{
    internal const string Prefix = "AKKASSE_";
    private const string File = "appsettings.json";
    private const string CommandLineLabel = "command line";

    // Sections of ours and of the framework; with any other the writer surely meant one of these.
    private static readonly string[] Sections =
    [
        ServerSettings.Section, EffectiveSettings.HubSection, AuthSettings.Section, LimitSettings.Section, AuditSettings.Section,
        EffectiveSettings.NamespacesSection, EffectiveSettings.AkkaSection, EffectiveSettings.PostgresSection,
        EffectiveSettings.StorageSection, "Logging", "Kestrel", "AllowedHosts", "urls", "http_ports", "https_ports", "environment",
    ];

    private readonly List<string> _labels = [];
    private readonly string? _configFile;
    private readonly IReadOnlyDictionary<string, string?> _commandLine;

    private ConfigurationTree(string? configFile, IReadOnlyDictionary<string, string?> commandLine, string environment)
    {
        Environment = environment;
        (_configFile, _commandLine) = (configFile, commandLine);
        var builder = new ConfigurationBuilder();
        AddFile(builder, Path.Combine(AppContext.BaseDirectory, File), optional: true);
        AddFile(builder, Path.Combine(AppContext.BaseDirectory, $"appsettings.{environment}.json"), optional: true);
        var here = Path.GetFullPath(File);
        if (here != Path.Combine(AppContext.BaseDirectory, File)) AddFile(builder, here, optional: true);
        if (configFile is not null) AddFile(builder, Path.GetFullPath(configFile), optional: false);
        Add(builder, new EnvironmentVariablesConfigurationSource { Prefix = "DOTNET_" }, "environment, DOTNET_");
        Add(builder, new EnvironmentVariablesConfigurationSource { Prefix = "ASPNETCORE_" }, "environment, ASPNETCORE_");
        Add(builder, new EnvironmentVariablesConfigurationSource(), "environment");
        Add(builder, new EnvironmentVariablesConfigurationSource { Prefix = Prefix }, $"environment, {Prefix}");
        Add(builder, new MemoryConfigurationSource { InitialData = commandLine }, CommandLineLabel);
        Root = builder.Build();
    }

    internal IConfigurationRoot Root { get; }

    /// <summary>The environment's name: Production unless said otherwise.</summary>
    internal string Environment { get; }

    /// <exception cref="ConfigurationFaultsException">A file is missing or not JSON, or a section is unknown.</exception>
    internal static ConfigurationTree Load(string? configFile, IReadOnlyDictionary<string, string?> commandLine)
    {
        var environment = commandLine.GetValueOrDefault("environment")
            ?? System.Environment.GetEnvironmentVariable(Prefix + "ENVIRONMENT")
            ?? System.Environment.GetEnvironmentVariable("ASPNETCORE_ENVIRONMENT")
            ?? System.Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT")
            ?? Environments.Production;
        return Load(configFile, commandLine, environment);
    }

    private static ConfigurationTree Load(string? configFile, IReadOnlyDictionary<string, string?> commandLine, string environment)
    {
        ConfigurationTree tree;
        try
        {
            tree = new ConfigurationTree(configFile, commandLine, environment);
        }
        catch (FileNotFoundException)
        {
            throw new ConfigurationFaultsException([$"--config is '{configFile}'; a file that exists is needed."]);
        }
        catch (InvalidDataException e)
        {
            throw new ConfigurationFaultsException(
                [$"{e.Message} {e.InnerException?.InnerException?.Message ?? e.InnerException?.Message}".Trim()]);
        }
        var unknown = tree.UnknownSections().ToList();
        return unknown.Count == 0 ? tree : throw new ConfigurationFaultsException(unknown);
    }

    /// <summary>The same sources, read again.</summary>
    /// <exception cref="ConfigurationFaultsException">As of <see cref="Load"/>.</exception>
    internal ConfigurationTree Reload() => Load(_configFile, _commandLine, Environment);

    /// <summary>Which source gave a key its value; null when none did.</summary>
    internal string? SourceOf(string key)
    {
        var providers = Root.Providers.ToList();
        for (var i = providers.Count - 1; i >= 0; i--)
        {
            if (providers[i].TryGet(key, out _)) return _labels[i];
        }
        return null;
    }

    /// <summary>
    /// A list as the latest source that has any of it gives it; null when none does. Merged index by index, as the framework does it, lists
    /// of two sources would be one that nobody has written.
    /// </summary>
    internal ConfiguredList? ListOf(string key)
    {
        var providers = Root.Providers.ToList();
        for (var i = providers.Count - 1; i >= 0; i--)
        {
            var value = providers[i].TryGet(key, out var text) ? text : null;
            var items = providers[i].GetChildKeys([], key).Distinct(StringComparer.OrdinalIgnoreCase)
                .Order(ConfigurationKeyComparer.Instance)
                .Select(index => providers[i].TryGet(ConfigurationPath.Combine(key, index), out var item) ? item ?? "" : "").ToList();
            // A file has an empty text for an empty array.
            if (value is not null || items.Count > 0)
                return new ConfiguredList(_labels[i], value, items, providers[i] is JsonConfigurationProvider && value is "");
        }
        return null;
    }

    /// <summary>
    /// The keys below one, as each source writes them: the framework takes two that differ in case only for one and the same.
    /// </summary>
    internal IEnumerable<(string Key, string Source)> SpellingsBelow(string key) =>
        Root.Providers.SelectMany((provider, i) => provider.GetChildKeys([], key).Select(k => (k, _labels[i])))
            .DistinctBy(static k => k.k);

    // A source that is written for this program has sections of its alone, a variable without "__" may be anybody's.
    private IEnumerable<string> UnknownSections()
    {
        var i = 0;
        foreach (var provider in Root.Providers)
        {
            var label = _labels[i++];
            var variables = label == $"environment, {Prefix}";
            if (!variables && label != CommandLineLabel && provider is not JsonConfigurationProvider) continue;
            foreach (var key in provider.GetChildKeys([], null).Distinct(StringComparer.OrdinalIgnoreCase))
            {
                if (Sections.Contains(key, StringComparer.OrdinalIgnoreCase)) continue;
                if (!variables || provider.GetChildKeys([], key).Any())
                    yield return $"{key} is not a section (from {label}); {Meant(key)}";
                else if (provider.TryGet(key, out var value) && EnvironmentNames.Misspelt(key, value, Sections) is { } name)
                    yield return $"{Prefix}{key} is not a key; two underscores stand between the parts of one: {Prefix}{name}.";
            }
        }
    }

    // "Limits.Publishes" and "Limit:Publishes".
    private static string Meant(string key)
    {
        var dotted = key.Replace('.', ':');
        return dotted != key && Sections.Contains(dotted.Split(':')[0], StringComparer.OrdinalIgnoreCase)
            ? $"did you mean {dotted}?"
            : OptionsBinder.Suggest(key, Sections);
    }

    private void AddFile(ConfigurationBuilder builder, string path, bool optional)
    {
        var source = new JsonConfigurationSource { Path = path, Optional = optional, ReloadOnChange = false };
        source.ResolveFileProvider();
        Add(builder, source, path);
    }

    private void Add(ConfigurationBuilder builder, IConfigurationSource source, string label)
    {
        builder.Add(source);
        _labels.Add(label);
    }
}

/// <summary>A list in one source.</summary>
/// <param name="Source">The source.</param>
/// <param name="Value">One value for all of it, or null.</param>
/// <param name="Items">What stands under its numbers, in their order.</param>
/// <param name="IsEmptyArray">Whether it is an array without items.</param>
internal sealed record ConfiguredList(string Source, string? Value, IReadOnlyList<string> Items, bool IsEmptyArray);
