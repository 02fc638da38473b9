namespace AkkaSse.Documentation.Tests;

/// <summary>What the documents show in C# compiles in a new application, as it stands.</summary>
public sealed class CSharpTests
{
    public static TheoryData<Block> Blocks => [.. Block.All.Where(static b => b.Language == "csharp")];

    [Theory]
    [MemberData(nameof(Blocks), DisableDiscoveryEnumeration = true)]
    public void Block_compiles_without_a_warning(Block block) => Compiler.Compile(Compiler.Compose(block)).ShouldBeEmpty(block.Place);

    [Fact]
    public void Every_block_says_its_language() => Block.All.Where(static b => b.Language is not
        ("csharp" or "sh" or "console" or "js" or "html" or "json" or "yaml" or "sql" or "http" or "nginx" or "haproxy" or "caddy" or "ini"
            or ""))
        .ShouldBeEmpty();

    [Theory]
    [InlineData("app.MapSseHub();")]
    [InlineData("var builder = WebApplication.CreateBuilder(args);\nbuilder.Services.AddSseHub().UseNothing();")]
    [InlineData("using AkkaSse.Hub;\nApp(null);\nvoid App(ISseHub hub) { }")]
    public void Block_with_a_fault_is_found(string text) =>
        Compiler.Compile(Compiler.Compose(new Block("x.md", 1, "csharp", text, ""))).ShouldNotBeEmpty();

    [Fact]
    public void Comment_before_a_block_is_composed_with_it()
    {
        var block = Block.Read(
            "x.md", ["<!-- csharp before this:", "var builder = WebApplication.CreateBuilder(args);", "-->", "```csharp",
            "builder.Services.AddSseHub();", "```"]).Single();
        Compiler.Compile(Compiler.Compose(block)).ShouldBeEmpty();
        Should.Throw<InvalidOperationException>(() => Block.Read("x.md", ["<!-- csharp before this:", "x", "-->", "text"]).ToList());
    }
}
