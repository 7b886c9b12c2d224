//! What is in a channel lives as long as the channel.
fn main() {
    let ch = gompa_chan::make(1);
    {
        let text = String::from("short-lived");
        ch.send(text.as_str());
    }
    println!("{:?}", ch.recv());
}
