using System.Text.RegularExpressions;

namespace AkkaSse.Architecture.Tests;

/// <summary>What docs/http-api.md says of codes and statuses is what the program answers with.</summary>
public partial class ErrorCodeTests
{
    private const string Declarations = "src/AkkaSse.AspNetCore/Errors/HubErrorCodes.cs";

    // What describes the codes for OpenAPI answers with none; its own tests hold it against the document.
    private const string Descriptions = "src/AkkaSse.AspNetCore/Description/";

    private static IEnumerable<string> Sources =>
        Repository.Under("src/AkkaSse.AspNetCore", ".cs").Concat(Repository.Under("src/AkkaSse.Server", ".cs"))
        .Where(static f => f != Declarations && !f.StartsWith(Descriptions, StringComparison.Ordinal));

    /// <summary>Each constant with its value and the status that its comment says.</summary>
    private static Dictionary<string, (int Status, string Code)> Declared =>
        Declaration().Matches(Repository.Read(Declarations)).ToDictionary(
            static m => m.Groups[2].Value, static m => (Number(m.Groups[1]), m.Groups[3].Value));

    [Fact]
    public void Documented_codes_and_statuses_are_those_of_the_program()
    {
        var documented = Row().Matches(Repository.Read("docs/http-api.md")).Select(
            static m => (Status: Number(m.Groups[1]), Code: m.Groups[2].Value)).ToList();
        var declared = Declared;

        documented.GroupBy(static d => d.Code).Where(static g => g.Count() > 1).Select(static g => g.Key)
            .ShouldBeEmpty("a code has one row");
        documented.Order().ShouldBe(declared.Values.Order(), "docs/http-api.md and HubErrorCodes");
        Answers().Distinct().Order().ShouldBe(declared.Values.Order(), "what the code answers with, and HubErrorCodes");
    }

    [Fact]
    public void Every_use_of_a_code_says_its_status_beside_it() =>
        Sources.SelectMany(static f => Uses(Repository.Read(f)).Where(static u => !u.Success).Select(u => f)).ShouldBeEmpty(
            "the comparison with the documents reads them in pairs");

    [Theory]
    [InlineData("new HubFault(403, HubErrorCodes.Forbidden, \"x\")", true)]
    [InlineData("new(\n            404, HubErrorCodes.NotFound, x)", true)]
    [InlineData("errors.WriteAsync(Context, StatusCodes.Status401Unauthorized, HubErrorCodes.Unauthorized, x)", true)]
    [InlineData("new(status, HubErrorCodes.BodyInvalid, x)", false)]
    [InlineData("new(e.Code, e.Code == 413 ? HubErrorCodes.BodyTooLarge : HubErrorCodes.BodyInvalid, x)", false)]
    public void Code_without_a_status_beside_it_is_found(string source, bool paired) =>
        Uses(source).All(static u => u.Success).ShouldBe(paired);

    private static IEnumerable<(int Status, string Code)> Answers() =>
        from file in Sources
        from use in Uses(Repository.Read(file))
        where use.Success
        select (Number(use.Groups[1]), Declared[use.Groups[2].Value].Code);

    // A use with its status, or a failed match for one without.
    private static IEnumerable<Match> Uses(string source)
    {
        var code = string.Join('\n', source.Split('\n').Where(static l => !l.TrimStart().StartsWith("//", StringComparison.Ordinal)));
        var paired = Paired().Matches(code);
        return paired.Concat(Enumerable.Repeat(Match.Empty, Use().Count(code) - paired.Count));
    }

    private static int Number(Group group) => int.Parse(group.ValueSpan, System.Globalization.CultureInfo.InvariantCulture);

    [GeneratedRegex("""/// <summary>(\d{3}): (?:(?!public const)[\s\S])*?public const string (\w+) = "([a-z0-9-]+)";""")]
    private static partial Regex Declaration();

    [GeneratedRegex(@"^\| (\d{3}) \| `([a-z0-9-]+)` \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"\bHubErrorCodes\.\w+")]
    private static partial Regex Use();

    [GeneratedRegex(@"\b(?:StatusCodes\.Status)?(\d{3})\w*,\s*HubErrorCodes\.(\w+)")]
    private static partial Regex Paired();
}
