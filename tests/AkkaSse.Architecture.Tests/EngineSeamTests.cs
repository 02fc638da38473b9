using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using AkkaSse.Hub.Engine.InProcess;

namespace AkkaSse.Architecture.Tests;

/// <summary>The HTTP edges see the seam and never an engine behind it: read from the compiled assembly, so that no alias and no
/// reflection-free trick hides one.</summary>
public class EngineSeamTests
{
    private static readonly string[] Engines = ["AkkaSse.Hub.Engine.InProcess", "AkkaSse.Postgres", "AkkaSse.Cluster", "AkkaSse.Storage"];

    [Fact]
    public void Http_edges_use_no_type_of_a_concrete_engine() =>
        EngineTypesUsedBy(Path.Combine(AppContext.BaseDirectory, "AkkaSse.AspNetCore.dll")).ShouldBeEmpty();

    [Fact]
    public void Use_of_a_concrete_engine_is_found()
    {
        // This assembly is the counter-example: it uses one on the next line.
        typeof(InProcessEngine).IsPublic.ShouldBeTrue();
        EngineTypesUsedBy(typeof(EngineSeamTests).Assembly.Location).ShouldContain("AkkaSse.Hub.Engine.InProcess.InProcessEngine");
    }

    private static List<string> EngineTypesUsedBy(string assembly)
    {
        using var file = new PEReader(File.OpenRead(assembly));
        var metadata = file.GetMetadataReader();
        return [.. metadata.TypeReferences
            .Select(metadata.GetTypeReference)
            .Select(t => (Namespace: metadata.GetString(t.Namespace), Name: metadata.GetString(t.Name)))
            .Where(t => Engines.Any(e => t.Namespace == e || t.Namespace.StartsWith(e + ".", StringComparison.Ordinal)))
            .Select(t => $"{t.Namespace}.{t.Name}")];
    }
}
