namespace AkkaSse.Fuzz.Tests;

/// <summary>
/// What fuzzing has found to be worth keeping, and small changes of it: some thousand inputs for each target, where fuzz.sh tries millions.
/// </summary>
public sealed class CorpusTests
{
    private const int Changes = 4_000;

    private static readonly int Seed = int.TryParse(Environment.GetEnvironmentVariable("AKKASSE_TEST_SEED"), out var seed) ? seed : 1;

    public static TheoryData<string> Targets => [.. FuzzTarget.All.Select(static t => t.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Everything_that_is_kept_is_read_or_refused_as_documented(string name)
    {
        var target = FuzzTarget.All.Single(t => t.Name == name);
        foreach (var (file, bytes) in Corpus(name)) Run(target, bytes, $"corpus/{name}/{file}");
    }

    public static TheoryData<string> OwnTargets => [.. FuzzTarget.All.Where(static t => !t.EndsElsewhere).Select(static t => t.Name)];

    [Theory]
    [MemberData(nameof(OwnTargets))]
    public void Small_changes_of_it_are_read_or_refused_as_documented(string name)
    {
        var target = FuzzTarget.All.Single(t => t.Name == name);
        var corpus = Corpus(name).Select(static c => c.Bytes).ToArray();
        var random = new Random(Seed);
        for (var i = 0; i < Changes; i++)
        {
            var bytes = Mutation.Of(corpus, random);
            Run(target, bytes, $"seed {Seed}, change {i}: {Convert.ToHexString(bytes)}");
        }
    }

    [Fact]
    public void Every_target_has_a_corpus_and_every_corpus_a_target()
    {
        foreach (var target in FuzzTarget.All) Corpus(target.Name).ShouldNotBeEmpty(target.Name);
        Directory.GetDirectories(Root).Select(Path.GetFileName).Order().ShouldBe(FuzzTarget.All.Select(static t => t.Name).Order());
    }

    [Fact]
    public void Target_whose_property_is_broken_says_so()
    {
        var broken = new FuzzTarget("broken", static bytes => BreachException.IfDifferent([$"{bytes.Length}"], ["1"], "The lengths differ."));
        Should.Throw<BreachException>(() => broken.Run([1, 2])).Message.ShouldContain("The lengths differ.");
        broken.Run([1]);
    }

    private static string Root => Path.Combine(AppContext.BaseDirectory, "corpus");

    private static IEnumerable<(string File, byte[] Bytes)> Corpus(string name) =>
        Directory.GetFiles(Path.Combine(Root, name)).Order(StringComparer.Ordinal)
            .Select(static f => (Path.GetFileName(f), File.ReadAllBytes(f)));

    private static void Run(FuzzTarget target, byte[] bytes, string which)
    {
        try
        {
            target.Run(bytes);
        }
        catch (Exception fault)
        {
            throw new InvalidOperationException($"Target {target.Name}, {which}", fault);
        }
    }
}
