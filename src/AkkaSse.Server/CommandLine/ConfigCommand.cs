using System.Collections;
using System.Reflection;
using AkkaSse.Cluster;
using AkkaSse.Postgres;
using AkkaSse.Server.Audit;
using AkkaSse.Server.Configuration;
using AkkaSse.Server.Hosting;
using AkkaSse.Server.Limits;
using AkkaSse.Server.Security;
using AkkaSse.Server.Security.Jwt;

namespace AkkaSse.Server.CommandLine;

/// <summary><c>config</c>: every key, its value and its source. Secrets are masked.</summary>
internal static class ConfigCommand
{
    // Properties of options.
    private static readonly string[] Secrets =
        [nameof(PostgresOptions.ConnectionString), nameof(PostgresOptions.ListenConnectionString), nameof(AkkaTlsOptions.Password),
            nameof(TokenSettings.Token), nameof(TokenSettings.Hash), nameof(JwtSettings.Key)];

    private const int KeyWidth = 38;
    private const int ValueWidth = 34;

    internal static int Run(EffectiveSettings settings, TextWriter output)
    {
        foreach (var url in settings.Urls.All) Row(output, url.Key, url.Url, settings.Tree.SourceOf(url.Key));
        Rows(output, settings.Tree, settings.Server, ServerSettings.Section);
        Rows(output, settings.Tree, settings.Hub, EffectiveSettings.HubSection);
        foreach (var (prefix, options) in settings.Hub.Namespaces)
            Rows(output, settings.Tree, options, $"{EffectiveSettings.NamespacesSection}:{prefix}");
        Rows(output, settings.Tree, settings.Akka, EffectiveSettings.AkkaSection);
        Rows(output, settings.Tree, settings.Postgres, EffectiveSettings.PostgresSection);
        Rows(output, settings.Tree, settings.Storage, EffectiveSettings.StorageSection);
        Rows(output, settings.Tree, settings.Limits, LimitSettings.Section);
        foreach (var (prefix, rates) in settings.Limits.Namespaces)
            Rows(output, settings.Tree, rates, $"{LimitSettings.NamespacesSection}:{prefix}");
        Rows(output, settings.Tree, settings.Audit, AuditSettings.Section);
        Rows(output, settings.Tree, settings.Auth, AuthSettings.Section);
        return ExitCodes.Ok;
    }

    private static void Rows(TextWriter output, ConfigurationTree tree, object instance, string path)
    {
        foreach (var property in OptionsBinder.Settable(instance.GetType()).OrderBy(p => OptionsBinder.IsSection(p.PropertyType)))
        {
            var key = $"{path}:{property.Name}";
            var value = property.GetValue(instance);
            if (OptionsBinder.IsSection(property.PropertyType)) Rows(output, tree, value!, key);
            else if (value is IList { Count: > 0 } entries and not List<string>)
            {
                for (var i = 0; i < entries.Count; i++) Rows(output, tree, entries[i]!, $"{key}:{i}");
            }
            else if (value is IList list)
                Row(output, key, list.Count == 0 ? "none" : string.Join(", ", list.Cast<object>()), tree.ListOf(key)?.Source);
            else Row(output, key, Masked(property, value), tree.SourceOf(key));
        }
    }

    private static string Masked(PropertyInfo property, object? value) =>
        value is string { Length: > 0 } && Secrets.Contains(property.Name) ? "********" :
        // HOCON may have several lines, and a password of a certificate in them.
        property.Name == nameof(AkkaClusterOptions.Hocon) ? (value is string { Length: > 0 } ? "(text)" : "none") :
        // An OTLP endpoint may carry credentials before its host.
        value is string text && Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.UserInfo.Length > 0
            ? text.Replace(uri.UserInfo, "********", StringComparison.Ordinal)
            : ValueText.Show(value, property.Name);

    private static void Row(TextWriter output, string key, string value, string? source) =>
        output.WriteLine($"{key.PadRight(KeyWidth)} {value.PadRight(ValueWidth)} {source ?? "default"}");
}
