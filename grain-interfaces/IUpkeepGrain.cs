namespace OtelOrleans.GrainInterfaces;

/// <summary>Looks after the tables: one activation in the cluster, key 0. Every silo asks it every few seconds, so that it is always somewhere.</summary>
[Alias("otelorleans.IUpkeepGrain")]
public interface IUpkeepGrain : IGrainWithIntegerKey
{
    /// <summary>Starts what is due, unless it is at it already; does not wait for it. Throws what the round before ended with, if that was not foreseen.</summary>
    [Alias("Run")]
    Task RunAsync();
}
