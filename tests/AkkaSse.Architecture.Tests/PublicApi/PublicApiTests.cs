using System.Reflection;

namespace AkkaSse.Architecture.Tests.PublicApi;

/// <summary>The public surface of each library stands in <c>src/&lt;library&gt;/PublicAPI.txt</c>, so that every change of it is seen in
/// review.</summary>
public class PublicApiTests
{
    private const string UpdateVariable = "AKKASSE_UPDATE_API";

    [Theory]
    [InlineData("AkkaSse.Protocol")]
    [InlineData("AkkaSse.Client")]
    [InlineData("AkkaSse.Hub")]
    [InlineData("AkkaSse.AspNetCore")]
    [InlineData("AkkaSse.Postgres")]
    [InlineData("AkkaSse.Cluster")]
    [InlineData("AkkaSse.AkkaStreams")]
    public void Public_surface_is_the_committed_one(string library)
    {
        var actual = ApiListing.Of(Assembly.Load(library));
        var file = Repository.PathOf($"src/{library}/PublicAPI.txt");
        if (Environment.GetEnvironmentVariable(UpdateVariable) == "1") File.WriteAllText(file, actual);
        var committed = File.Exists(file) ? File.ReadAllText(file) : "";
        (committed == actual).ShouldBeTrue(
            $"""

            The public surface of {library} is not what src/{library}/PublicAPI.txt says (- committed, + built):

            {(committed == actual ? "" : LineDiff.Of(committed, actual))}

            If that is meant, run
                {UpdateVariable}=1 dotnet test tests/AkkaSse.Architecture.Tests
            and commit the file, so that the change is seen in review.
            """);
    }

    [Fact]
    public void Listing_shows_what_a_caller_sees_and_nothing_else()
    {
        var lines = ApiListing.Of(typeof(PublicApiTests).Assembly).Split('\n');
        lines.ShouldContain("public readonly record struct PublicApiTests.Sample<T>");
        lines.ShouldContain("    new(string Name, T? Value)");
        lines.ShouldContain("    string? Note { get; init; }");
        lines.ShouldContain("    static int Count(IReadOnlyList<string?> items, in long limit, string mode = \"all\")");
        lines.ShouldNotContain(l => l.Contains("PrintMembers", StringComparison.Ordinal) || l.Contains("Hidden", StringComparison.Ordinal));
    }

    [Fact]
    public void Difference_shows_the_changed_lines_with_their_neighbours() =>
        LineDiff.Of("a\nb\nc\nd\ne", "a\nb\nx\nd\ne").ShouldBe("  b\n- c\n+ x\n  d");

    /// <summary>Something to list.</summary>
    public readonly record struct Sample<T>(string Name, T? Value)
        where T : class
    {
        /// <summary>May be null.</summary>
        public string? Note { get; init; }

        /// <summary>Counts.</summary>
        public static int Count(IReadOnlyList<string?> items, in long limit, string mode = "all") => Hidden(items, limit, mode);

        private static int Hidden(IReadOnlyList<string?> items, long limit, string mode) => (int)Math.Min(items.Count + mode.Length, limit);
    }
}
