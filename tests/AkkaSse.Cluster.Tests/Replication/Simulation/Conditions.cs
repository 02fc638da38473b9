using AkkaSse.Cluster.Replication;

namespace AkkaSse.Cluster.Tests.Replication.Simulation;

/// <summary>How bad the world of one run is; drawn from its seed.</summary>
internal sealed class Conditions
{
    internal Conditions(Random random)
    {
        Nodes = random.Next(1, 7);
        Loss = random.Next(3) == 0 ? 0 : random.NextDouble() * 0.3;
        Doubling = random.Next(3) == 0 ? 0 : random.NextDouble() * 0.2;
        Delay = random.Next(3) switch { 0 => 5, 1 => 50, _ => 300 };
        Straggling = random.Next(2) == 0 ? 0 : 0.02;
        SparesMajority = random.Next(3) != 0;
        Trouble = random.Next(150, 1500);
        Lasting = random.Next(4_000, 15_000);
        ThroughWire = random.Next(4) == 0;
        Options = new ReplicationOptions
        {
            Voters = random.Next(4) == 0 ? random.Next(1, 6) : 3,
            Window = random.Next(1, 5),
            BatchEntries = random.Next(1, 6),
            BatchBytes = random.Next(100, 1000),
            RetainedBytes = random.Next(0, 3000),
            ResendAfter = 300,
            InstallAfter = 1500,
            RecoveryLimit = 3000,
        };
    }

    internal int Nodes { get; }

    internal double Loss { get; }

    internal double Doubling { get; }

    /// <summary>Up to so many milliseconds on the way, evenly spread: messages overtake each other.</summary>
    internal int Delay { get; }

    /// <summary>How many messages take seconds.</summary>
    internal double Straggling { get; }

    /// <summary>Nothing is done that takes a majority of the voters for good: then nothing acknowledged may ever be lost.</summary>
    internal bool SparesMajority { get; }

    /// <summary>Milliseconds between one trouble and the next, on average.</summary>
    internal int Trouble { get; }

    internal int Lasting { get; }

    /// <summary>Messages are written and read on the way.</summary>
    internal bool ThroughWire { get; }

    internal ReplicationOptions Options { get; }
}
