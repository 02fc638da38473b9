using System.Diagnostics;
using System.Text.RegularExpressions;
using AkkaSse.Server.Tests.Support;

namespace AkkaSse.Documentation.Tests;

/// <summary>
/// What the documents show for a shell is a shell's language, names what is there, and gives the server switches that it has.
/// </summary>
public sealed partial class ShellTests
{
    public static TheoryData<Block> Blocks => [.. Block.All.Where(static b => b.Language is "sh" or "console")];

    [Theory]
    [MemberData(nameof(Blocks), DisableDiscoveryEnumeration = true)]
    public async Task Commands_can_be_read_by_a_shell(Block block)
    {
        using var bash = Process.Start(new ProcessStartInfo("bash", "-n") { RedirectStandardInput = true, RedirectStandardError = true })!;
        await bash.StandardInput.WriteAsync(Commands(block));
        bash.StandardInput.Close();
        (await bash.StandardError.ReadToEndAsync()).ShouldBeEmpty(block.Place);
        await bash.WaitForExitAsync();
        bash.ExitCode.ShouldBe(0);
    }

    [Theory]
    [MemberData(nameof(Blocks), DisableDiscoveryEnumeration = true)]
    public void Files_that_commands_name_are_there(Block block)
    {
        // A data directory and its copy are made by the server that is given them.
        foreach (var path in RepositoryPath().Matches(Commands(block)).Select(static m => m.Value).Where(static p => p is not ("./data" or "./backup")))
            Path.Exists(Path.Combine(Block.Root, path)).ShouldBeTrue($"{block.Place}: {path}");
    }

    [Fact]
    [Trait("speed", "slow")]
    public async Task Switches_of_the_server_are_known_to_it()
    {
        var known = new Dictionary<string, string>();
        foreach (var (block, command) in Block.All.Where(static b => b.Language is "sh" or "console").SelectMany(
            static b => Commands(b).Split('\n').Select(c => (b, c))))
        {
            if (ServerCall().Match(command) is not { Success: true } call) continue;
            var verb = call.Groups["verb"].Value;
            if (!known.TryGetValue(verb, out var help)) known[verb] = help = await HelpAsync(verb);
            foreach (var option in Switch().Matches(call.Groups["rest"].Value).Select(static m => m.Value))
                help.ShouldMatch($@"{Regex.Escape(option)}(?![\w-])", $"{block.Place}: {verb} {option}");
        }
        known.Count.ShouldBeGreaterThan(2);
    }

    // Of a console session only what was typed.
    private static string Commands(Block block) => block.Language == "sh"
        ? block.Text
        : string.Join('\n', block.Text.Split('\n').Where(static l => l.StartsWith("$ ", StringComparison.Ordinal))
            .Select(static l => l[2..]));

    private static async Task<string> HelpAsync(string verb)
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        var server = Path.Combine(Block.Root, "src", "AkkaSse.Server", "bin", own.Parent!.Name, own.Name, "AkkaSse.Server.dll");
        var (code, output) = await ProgramProcess.RunAsync(server, verb.Length == 0 ? ["--help"] : [verb, "--help"]);
        code.ShouldBe(0, output);
        return output;
    }

    [GeneratedRegex(@"(?<=^|[\s=/])(src|tests|bench|samples|docker|hocon|eng)/[\w./-]+|(?<=^|\s)\./[\w./-]+", RegexOptions.Multiline)]
    private static partial Regex RepositoryPath();

    [GeneratedRegex(@"AkkaSse\.Server(\.dll)?(\s+--)?\s+(?<verb>(config|subscribe|publish|bench|token)?(?![\w-]))(?<rest>[^#|]*)")]
    private static partial Regex ServerCall();

    [GeneratedRegex(@"(?<=\s)--[a-z][a-z-]*")]
    private static partial Regex Switch();
}
