using System.Globalization;
using System.Text.Json.Nodes;
using AkkaSse.Server.Tests.Support;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace AkkaSse.Server.Tests.Deployment;

/// <summary>The Helm chart's files.</summary>
internal static class Chart
{
    internal static string Root { get; } = Path.Combine(BuildOutput.Root, "docker", "helm", "akkasse");

    internal static IEnumerable<string> Templates =>
        Directory.EnumerateFiles(Path.Combine(Root, "templates")).Order(StringComparer.Ordinal);

    /// <summary>Values for an engine each, besides the defaults.</summary>
    internal static IEnumerable<string> ValueFiles =>
        Directory.EnumerateFiles(Path.Combine(Root, "ci")).Order(StringComparer.Ordinal);

    internal static JsonObject Defaults() => Read("values.yaml");

    internal static JsonObject Read(string file) => Parse(File.ReadAllText(Path.Combine(Root, file)));

    /// <summary>YAML as the JSON that Helm makes of it.</summary>
    internal static JsonObject Parse(string yaml)
    {
        var stream = new YamlStream();
        using var reader = new StringReader(yaml);
        stream.Load(reader);
        return (JsonObject)Json(stream.Documents.ShouldHaveSingleItem().RootNode)!;
    }

    /// <summary>Values over others, as Helm lays them: maps are merged, anything else is replaced.</summary>
    internal static JsonObject Merge(JsonObject under, JsonObject over)
    {
        foreach (var (key, value) in over)
        {
            if (value is JsonObject section && under[key] is JsonObject below) Merge(below, section);
            else under[key] = value?.DeepClone();
        }
        return under;
    }

    private static JsonNode? Json(YamlNode node) => node switch
    {
        YamlMappingNode map => new JsonObject(map.Children.Select(
            static c => KeyValuePair.Create(((YamlScalarNode)c.Key).Value!, Json(c.Value)))),
        YamlSequenceNode list => new JsonArray([.. list.Children.Select(Json)]),
        YamlScalarNode { Style: ScalarStyle.Plain } plain => plain.Value switch
        {
            null or "" or "null" or "~" => null,
            "true" => true,
            "false" => false,
            var text when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) => number,
            var text => text,
        },
        YamlScalarNode scalar => scalar.Value,
        _ => throw new InvalidDataException($"{node.NodeType} at {node.Start}"),
    };
}
