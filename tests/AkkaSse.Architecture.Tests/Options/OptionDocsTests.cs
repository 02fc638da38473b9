using AkkaSse.AspNetCore;
using AkkaSse.Client;
using AkkaSse.Cluster;
using AkkaSse.Hub;
using AkkaSse.Postgres;
using AkkaSse.Storage;

namespace AkkaSse.Architecture.Tests.Options;

/// <summary>
/// The documentation of every option says its range and its default as they are. A new options class belongs into <see cref="All"/>.
/// </summary>
public sealed class OptionDocsTests
{
    private static readonly Dictionary<Type, OptionRules> Rules = new()
    {
        [typeof(HubOptions)] = Of<HubOptions>(static o => o.Validate()),
        [typeof(NamespaceOptions)] = Of<NamespaceOptions>(static o => o.Validate()),
        [typeof(StreamOptions)] = Of<StreamOptions>(static o => o.Validate()),
        [typeof(AkkaEngineOptions)] = Of<AkkaEngineOptions>(static o => o.Validate()),
        [typeof(AkkaClusterOptions)] = Of<AkkaClusterOptions>(static o => o.Validate(), static (o, property) =>
        {
            if (property == nameof(o.RequiredSeeds)) o.Seeds = [.. Enumerable.Range(0, 101).Select(static i => $"127.0.0.1:{i + 1}")];
        }),
        [typeof(AkkaTlsOptions)] = Of<AkkaTlsOptions>(static _ => []),
        [typeof(PostgresOptions)] = Of<PostgresOptions>(static o => o.Validate()),
        [typeof(StorageOptions)] = Of<StorageOptions>(static o => o.Validate()),
        [typeof(SseHubEndpointOptions)] = Of<SseHubEndpointOptions>(static _ => []),
        [typeof(SseCompatibilityOptions)] = Of<SseCompatibilityOptions>(static _ => []),
        [typeof(SseHubGuardOptions)] = Of<SseHubGuardOptions>(static o => o.Validate()),
        [typeof(SseClientOptions)] = Of<SseClientOptions>(
            static o => Thrown(() => new SseClient(o)), static (o, _) => o.Url = new("http://h")),
        [typeof(SseHubClientOptions)] = Of<SseHubClientOptions>(
            static o => Thrown(() => new SseHubClient(o)), static (o, _) => o.BaseAddress = new("http://h")),
    };

    public static TheoryData<Type> All => [.. Rules.Keys];

    [Theory]
    [MemberData(nameof(All))]
    public void Documentation_says_range_and_default_as_they_are(Type options) => Rules[options].Faults().ShouldBeEmpty();

    [Theory]
    [InlineData("The largest number. 1 to 10. Default 5.", new string[0])]
    [InlineData("The largest number. 1 to 10.", new[] { "says no default." })]
    [InlineData("The largest number. Default 5.", new[] { "says no range." })]
    [InlineData("The largest number. 1 to 10. Default 6.", new[] { "says that the default is '6.'; it is '5'." })]
    [InlineData("The largest number. 0 to 11. Default 5.", new[] { "says that 0 is allowed.", "says that 11 is allowed." })]
    [InlineData("The largest number. 2 to 9. Default 5.", new[] { "says that 1 is not allowed.", "says that 10 is not allowed." })]
    [InlineData("The largest number. At least 1. Default 5. See ABC-01.", new[] { "names a requirement." })]
    [InlineData("The largest number. 1 to 10. Default: five.", new[] { "says its default in words." })]
    public void Documentation_that_says_something_else_is_found(string summary, string[] faults) =>
        new OptionRules(static () => new Sample(), static o => ((Sample)o).Validate(), static _ => "")
            .Faults(typeof(Sample).GetProperty(nameof(Sample.Number))!, OptionDoc.Parse($"/// <summary>{summary}</summary>"))
            .ShouldBe(faults);

    [Theory]
    [InlineData("10 000.", 10_000)]
    [InlineData("1 KiB", 1_024)]
    [InlineData("2.5 s.", 2_500)]
    [InlineData("10 min", 600_000)]
    public void Numbers_are_read_with_their_units(string text, int expected) => OptionDoc.Number(text).ShouldBe(expected);

    private static OptionRules Of<T>(Func<T, IEnumerable<string>> validate, Action<T, string>? sensible = null)
        where T : class, new() =>
        new(static () => new T(), o => validate((T)o), SourceOf, sensible is null ? null : (o, property) => sensible((T)o, property));

    private static string SourceOf(Type type) =>
        Repository.Read(Repository.Under("src", ".cs").Single(f => f.EndsWith($"/{type.Name}.cs", StringComparison.Ordinal)));

    // A client checks its options when it is made, and names the first at fault.
    private static string[] Thrown(Func<IAsyncDisposable> make)
    {
        try
        {
            // Nothing is under way: the disposal is complete when it returns.
            make().DisposeAsync().AsTask().GetAwaiter().GetResult();
            return [];
        }
        catch (ArgumentException e)
        {
            return [$"{e.ParamName} {e.Message}"];
        }
    }

    private sealed class Sample
    {
        public int Number { get; set; } = 5;

        public IEnumerable<string> Validate() => Number is < 1 or > 10 ? [$"{nameof(Number)} is {Number}; 1 to 10 are allowed."] : [];
    }
}
