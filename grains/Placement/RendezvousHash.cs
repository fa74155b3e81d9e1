namespace OtelOrleans.Grains.Placement;

/// <summary>
/// Who of several nodes gets a key: the one with the highest score for it. Every silo computes the same without talking to another, and a node that comes or goes moves only
/// what becomes its own, or was.
/// </summary>
public static class RendezvousHash
{
    /// <summary>The score of a node for a key, of their hashes.</summary>
    public static ulong Score(uint key, uint node)
    {
        // The finalizer of MurmurHash3: every input bit reaches every output bit.
        var x = ((ulong)key << 32) | node;
        x = (x ^ (x >> 33)) * 0xff51afd7ed558ccd;
        x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53;
        return x ^ (x >> 33);
    }
}
