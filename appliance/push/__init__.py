"""Notifications of rings by Web Push: a process that lives for one ring sends to each device that has subscribed."""
