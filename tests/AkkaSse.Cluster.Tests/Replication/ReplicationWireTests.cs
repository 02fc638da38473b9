using AkkaSse.Cluster.Replication;
using AkkaSse.Cluster.Wire;

namespace AkkaSse.Cluster.Tests.Replication;

public sealed class ReplicationWireTests
{
    private static readonly NodeId A = new("akka.tcp://hub@10.0.0.1:7000", -5);
    private static readonly Term T = new(7, A, 3);
    private static readonly VoterSet Joint = new(
        4, [new Voter(A, 1)], [new Voter(A, 1), new Voter(A with { Uid = 6 }, 2)], BeganAnew: true);
    private static readonly Entry[] Entries = [new(11, T, new VoterChange(Joint)), new(12, T, new VoterChange(Joint.Settled())), new(
        13, T with { Number = 8 }, new VoterChange(Joint))];

    public static TheoryData<int> Each => [.. Enumerable.Range(0, Messages.Length)];

    private static ReplicaMessage[] Messages =>
    [
        new Prepare(T),
        new Promise(T, 5, null),
        new Promise(T, 5, new Held(T, Term.None, 12, 3, Joint)),
        new Promise(T, 5, new Held(T, Term.None, 12, 3, Joint) { IsUnclean = true }),
        new Promise(T, 5, new Held(T, Term.None, 12, 3, Joint) { IsUnclean = true, Vote = new Voter(A, 9) }),
        new FetchSnapshot(T, 5),
        new FetchedSnapshot(T, 5, 10, Joint, HasSnapshot: true, null),
        new FetchEntries(T, 5, 10),
        new FetchedEntries(T, 5, 10, Entries),
        new AppendEntries(T, 5, T with { Number = 1 }, 9, 10, Entries, 8),
        new AppendEntries(T, 5, T, 0, 0, [], 0),
        new InstallSnapshot(T, 5, T, 3, 10, Joint.Settled(), HasSnapshot: false, null),
        new Ack(T, 5, long.MaxValue, Stands: true, Gap: false, 2),
        new Refused(T, T with { Incarnation = long.MaxValue }),
        new Gone(T, 5),
        new Drop(T, 5),
    ];

    [Theory]
    [MemberData(nameof(Each))]
    public void What_was_written_is_read(int message)
    {
        var written = Messages[message];
        var reader = new WireReader(Bytes(written));
        var read = ReplicationWire.Read(ref reader);
        reader.HasMore.ShouldBeFalse();
        Flat(read).ShouldBe(Flat(written));
    }

    [Theory]
    [MemberData(nameof(Each))]
    public void Bytes_that_end_early_are_refused_at_every_length(int message)
    {
        var bytes = Bytes(Messages[message]);
        for (var length = 0; length < bytes.Length; length++)
        {
            var cut = bytes[..length];
            Should.Throw<FormatException>(() => Read(cut), $"{length} of {bytes.Length} bytes");
        }
    }

    [Fact]
    public void Rubbish_is_refused_or_read_and_breaks_nothing_else()
    {
        var random = new Random(4711);
        var messages = Messages;
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = Bytes(messages[random.Next(messages.Length)]);
            for (var n = random.Next(1, 4); n > 0; n--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            try
            {
                Read(bytes);
            }
            catch (FormatException)
            {
                // What it is for; any other exception ends the test.
            }
        }
    }

    [Fact]
    public void An_unknown_command_and_an_empty_set_of_voters_are_named()
    {
        var writer = new WireWriter();
        writer.Byte(255);
        Should.Throw<FormatException>(() => Command(writer.Take())).Message.ShouldContain("kind 255");
        var empty = new WireWriter();
        CommandContract.Write(new VoterChange(new VoterSet(1, [])), empty);
        Should.Throw<FormatException>(() => Command(empty.Take())).Message.ShouldContain("empty");
    }

    [Fact]
    public void What_later_versions_append_to_a_command_is_skipped()
    {
        var known = new WireWriter();
        CommandContract.Write(new VoterChange(Joint), known);
        var longer = known.Take().Concat(new byte[] { 1, 2, 3 }).ToArray();
        longer[1] += 3; // the part's length, little-endian
        var reader = new WireReader(longer.Append((byte)42).ToArray());
        CommandContract.Read(ref reader).ShouldBeOfType<VoterChange>().Voters.ShouldBe(Joint);
        reader.Byte().ShouldBe((byte)42);
    }

    [Fact]
    public void Kinds_and_manifests_are_used_once()
    {
        CommandContract.Codecs.Select(static c => c.Kind).ShouldBeUnique();
        ReplicationWire.Codecs.Select(static c => c.Manifest).ShouldBe(Enumerable.Range(1, 12).Select(static i => $"R{i}"));
        ReplicationWire.Codecs.Select(static c => c.Type).ShouldBeUnique();
    }

    private static byte[] Bytes(ReplicaMessage message)
    {
        var writer = new WireWriter();
        ReplicationWire.Write(message, writer);
        return writer.Take();
    }

    private static ReplicaMessage Read(byte[] bytes)
    {
        var reader = new WireReader(bytes);
        return ReplicationWire.Read(ref reader);
    }

    private static Command Command(byte[] bytes)
    {
        var reader = new WireReader(bytes);
        return CommandContract.Read(ref reader);
    }

    /// <summary>Records compare arrays by reference: the entries apart.</summary>
    private static string Flat(ReplicaMessage message)
    {
        var entries = message is AppendEntries accept ? accept.Entries : message is FetchedEntries pulled ? pulled.Entries : [];
        var head = message is AppendEntries a ? a with { Entries = [] } : message is FetchedEntries p ? p with { Entries = [] } : message;
        return head + string.Concat(entries.Select(static e => $" {e.Index} {e.Term} {((VoterChange)e.Command).Voters}"));
    }
}
