using System.Text;
using AkkaSse.Cluster.Tests.Support;
using AkkaSse.Cluster.Wire;
using AkkaSse.Testing;

namespace AkkaSse.Cluster.Tests.Wire;

/// <summary>What nodes say to each other stands in a committed file: nodes of two versions run side by side during every update.</summary>
public sealed class WireContractTests
{
    private const string UpdateVariable = "AKKASSE_UPDATE_WIRE";

    public static TheoryData<string> Manifests => [.. WireContract.Codecs.Select(static c => c.Manifest)];

    [Fact]
    public void Messages_and_their_bytes_are_the_committed_ones()
    {
        var actual = Listing();
        var file = Path.Combine(RepositoryRoot(), "tests", "AkkaSse.Cluster.Tests", "Wire", "wire-contract.txt");
        if (Environment.GetEnvironmentVariable(UpdateVariable) == "1") File.WriteAllText(file, actual);
        var committed = File.Exists(file) ? File.ReadAllText(file) : "";
        var changed = string.Join('\n', actual.Split('\n').Except(committed.Split('\n')).Select(static l => "+ " + l).Concat(
            committed.Split('\n').Except(actual.Split('\n')).Select(static l => "- " + l)));
        (committed == actual).ShouldBeTrue(
            $"""

            What nodes say to each other is not what {file} says (- committed, + built):

            {changed}

            Fields may be appended to a message, and messages added; nothing else may change while clusters run. If it is so, run
                {UpdateVariable}=1 dotnet test tests/AkkaSse.Cluster.Tests --filter {nameof(WireContractTests)}
            and commit the file.
            """);
    }

    [Fact]
    public void Manifests_and_types_are_unique_and_every_message_has_a_codec()
    {
        WireContract.Codecs.Select(static c => c.Manifest).ShouldBeUnique();
        WireContract.Codecs.Select(static c => c.Type).ShouldBeUnique();
        var messages = typeof(IWireMessage).Assembly.GetTypes().Where(
            static t => t is { IsAbstract: false, IsInterface: false } && typeof(IWireMessage).IsAssignableFrom(t));
        // These travel inside others.
        messages = messages.Where(static t => !typeof(AkkaSse.Cluster.Replication.ReplicaMessage).IsAssignableFrom(t));
        messages.Except(WireContract.Codecs.Select(static c => c.Type)).Select(static t => t.FullName)
            .ShouldBeEmpty("messages without a codec");
    }

    [Theory]
    [MemberData(nameof(Manifests))]
    public void Message_comes_out_as_it_went_in(string manifest)
    {
        var codec = WireContract.Codecs.Single(c => c.Manifest == manifest);
        var bytes = Write(codec, Samples.Of(codec.Type));
        Write(codec, Read(codec, bytes)).ShouldBe(bytes);
    }

    [Theory]
    [MemberData(nameof(Manifests))]
    public void Bytes_that_end_early_or_are_rubbish_are_a_format_fault_and_nothing_else(string manifest)
    {
        var codec = WireContract.Codecs.Single(c => c.Manifest == manifest);
        var whole = Write(codec, Samples.Of(codec.Type));
        for (var length = 0; length < whole.Length; length++) ReadOrFormatFault(codec, whole[..length]);
        var seed = int.TryParse(Environment.GetEnvironmentVariable("AKKASSE_TEST_SEED"), out var s) ? s : 7;
        var random = new Random(seed);
        for (var i = 0; i < 2_000; i++)
        {
            var bytes = new byte[random.Next(0, 64)];
            random.NextBytes(bytes);
            ReadOrFormatFault(codec, bytes);
            if (whole.Length == 0) continue;
            var bent = whole.ToArray();
            bent[random.Next(bent.Length)] = (byte)random.Next(256);
            ReadOrFormatFault(codec, bent);
        }
    }

    [Fact]
    public async Task Nothing_falls_back_to_json()
    {
        await using var harness = new AkkaHarness();
        await harness.StartNodeAsync();
        var serialization = harness.Engines[0].Node!.System.Serialization;
        foreach (var codec in WireContract.Codecs)
            serialization.FindSerializerForType(codec.Type).ShouldBeOfType<WireSerializer>(codec.Type.FullName);
        serialization.FindSerializerForType(typeof(Version)).ShouldBeOfType<RefusingSerializer>();
        Should.Throw<System.Runtime.Serialization.SerializationException>(
            () => serialization.FindSerializerFor(new Version(1, 2)).ToBinary(new Version(1, 2)));
    }

    private static void ReadOrFormatFault(WireCodec codec, byte[] bytes)
    {
        try
        {
            Read(codec, bytes);
        }
        catch (FormatException)
        {
            // That is what readers are promised.
        }
        catch (Exception e)
        {
            throw new ShouldAssertException($"{codec.Manifest} of {Convert.ToHexString(bytes)} threw {e}");
        }
    }

    private static string Listing()
    {
        var text = new StringBuilder("# manifest, type, the bytes of one message with sample values\n");
        foreach (var codec in WireContract.Codecs.OrderBy(static c => c.Manifest[0]).ThenBy(
            static c => int.Parse(c.Manifest.TrimStart([.. "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]), null)))
        {
            var bytes = Convert.ToHexStringLower(Write(codec, Samples.Of(codec.Type)));
            text.Append($"{codec.Manifest} {codec.Type.Name} {Samples.Shape(codec.Type)} {bytes}\n");
        }
        return text.ToString();
    }

    private static byte[] Write(WireCodec codec, object message)
    {
        var writer = new WireWriter();
        codec.Write(message, writer);
        return writer.Take();
    }

    private static object Read(WireCodec codec, byte[] bytes)
    {
        var reader = new WireReader(bytes);
        return codec.Read(ref reader);
    }

    // Beside this test's own output: tests/<name>/bin/<configuration>/<framework>.
    private static string RepositoryRoot() => new DirectoryInfo(AppContext.BaseDirectory).Parent!.Parent!.Parent!.Parent!.Parent!.FullName;
}
