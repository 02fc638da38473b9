using System.Globalization;
using System.Text.RegularExpressions;

namespace AkkaSse.Architecture.Tests;

/// <summary>Rules of the house that a reviewer would otherwise have to remember.</summary>
public partial class HouseRuleTests
{
    private const int MaxLines = 600;

    // Put together here, so that this file keeps the rules that it checks.
    private static readonly string[] Unfinished = ["TO" + "DO", "FIX" + "ME"];
    private static readonly string[] MachinePaths = ["/wo" + "rk/", "/tm" + "p/"];

    private static IEnumerable<string> Code => Repository.Files.Where(f => f.EndsWith(".cs", StringComparison.Ordinal));

    // Files of others, kept as they are published: the sums beside them are tested.
    private const string Vendored = "src/AkkaSse.Server/Page/Assets/uplot/";

    private static IEnumerable<string> Texts =>
        Repository.Files.Where(f => !Repository.IsBinary(f) && !f.StartsWith(Vendored, StringComparison.Ordinal));

    [Fact]
    public void Source_files_stay_readable_in_one_sitting() =>
        Repository.Under("src", ".cs").Select(f => (File: f, Lines: Repository.Lines(f).Length)).Where(f => f.Lines > MaxLines)
            .Select(f => $"{f.File} has {f.Lines} lines; at most {MaxLines} are allowed.").ShouldBeEmpty();

    [Fact]
    public void No_namespace_part_shadows_Console_or_Akka() =>
        Code.SelectMany(f => Repository.Lines(f).Where(ShadowsAName).Select(l => $"{f}: {l.Trim()}")).ShouldBeEmpty();

    [Fact]
    public void Nothing_is_left_unfinished() => Found(Texts, Unfinished, wholeWord: true).ShouldBeEmpty();

    [Fact]
    public void No_path_of_a_machine_is_tracked() => Found(Texts, MachinePaths, wholeWord: false).ShouldBeEmpty();

    [Fact]
    public void Log_event_ids_are_unique() =>
        Repeated(Repository.Under("src", ".cs").SelectMany(f => LogIds(f, Repository.Read(f)))).ShouldBeEmpty();

    [Theory]
    [InlineData("namespace AkkaSse.Server.Console;", true)]
    [InlineData("namespace AkkaSse.Akka.Sharding", true)]
    [InlineData("namespace AkkaSse.Server.CommandLine;", false)]
    [InlineData("namespace AkkaSse;", false)]
    [InlineData("namespace Akka.Hosting;", false)]
    public void Shadowing_namespace_is_told_from_a_fine_one(string line, bool shadows) => ShadowsAName(line).ShouldBe(shadows);

    [Fact]
    public void Repeated_log_event_id_is_found() =>
        Repeated([.. LogIds("A.cs", "[LoggerMessage(7, LogLevel.Debug, \"x\")]"),
            .. LogIds("B.cs", "[LoggerMessage(EventId = 7, Level = LogLevel.Debug)]"), .. LogIds("B.cs", "[LoggerMessage(8)]")])
            .ShouldHaveSingleItem().ShouldContain("A.cs, B.cs");

    [Fact]
    public void Unfinished_work_is_found_as_a_word_only()
    {
        Contains("// " + Unfinished[0] + ": later", Unfinished[0], wholeWord: true).ShouldBeTrue();
        Contains("mas" + Unfinished[0] + "n", Unfinished[0], wholeWord: true).ShouldBeFalse();
    }

    private static IEnumerable<string> Found(IEnumerable<string> files, string[] words, bool wholeWord) =>
        from file in files
        from line in Repository.Lines(file).Select((text, i) => (Text: text, Number: i + 1))
        from word in words
        where Contains(line.Text, word, wholeWord)
        select $"{file}:{line.Number}: {line.Text.Trim()}";

    private static bool Contains(string line, string word, bool wholeWord) =>
        line.Contains(word, StringComparison.Ordinal)
            && (!wholeWord || Regex.IsMatch(line, $@"\b{Regex.Escape(word)}\b", RegexOptions.CultureInvariant));

    private static bool ShadowsAName(string line) =>
        NamespaceLine().Match(line) is { Success: true } match
            // Outermost it is the real one, where extensions of it belong.
            && match.Groups[1].Value.Split('.').Skip(1).Any(static part => part is "Console" or "Akka");

    private static IEnumerable<(int Id, string File)> LogIds(string file, string code) =>
        LogAttribute().Matches(code).Select(m => (int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture), file));

    private static IEnumerable<string> Repeated(IEnumerable<(int Id, string File)> ids) =>
        ids.GroupBy(static i => i.Id).Where(static g => g.Count() > 1)
            .Select(static g => $"Log event id {g.Key} stands in {string.Join(", ", g.Select(static i => i.File))}.");

    [GeneratedRegex(@"^\s*namespace\s+([\w.]+)")]
    private static partial Regex NamespaceLine();

    [GeneratedRegex(@"\[LoggerMessage\(\s*(?:EventId\s*=\s*)?(\d+)")]
    private static partial Regex LogAttribute();
}
